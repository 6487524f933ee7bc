"""Keeps the pages inside the app.

On a server that has just started, Streamlit answers a link straight to a page by
running that file alone, without the app's navigation, theme of pages and layout.
Such a visit is led through the app's entry and back to the page.
"""

from __future__ import annotations

import contextlib

import streamlit as st
from streamlit.errors import StreamlitAPIException

ENTRY = "streamlit_app.py"

_INSIDE, _WANTED = "inside_app", "wanted_page"


def enter_app() -> None:
    """Note that the visit is inside the app, and go on to the page that it wanted. Called by the entry."""
    st.session_state[_INSIDE] = True
    if wanted := st.session_state.pop(_WANTED, None):
        page, asked = wanted
        st.switch_page(page, query_params=asked)


def ensure_app(page: str) -> None:
    """Lead a visit that came to a page directly through the entry. Called first by every page.

    Args:
        page: The page's file, such as ``"pages/image.py"``.
    """
    if st.session_state.get(_INSIDE):
        return
    # The way through the entry would lose what else the address says, such as which analysis is open.
    st.session_state[_WANTED] = page, st.query_params.to_dict()
    # Where the page is run as a program of its own, there is no entry, and it just goes on.
    with contextlib.suppress(StreamlitAPIException):
        st.switch_page(ENTRY)
