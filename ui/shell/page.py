"""What every page begins with: who may see it, and that it stands inside the app.

On a server that has just started, Streamlit answers a link straight to a page by
running that file alone, without the app's navigation, theme of pages and layout.
Such a visit is led through the app's entry and back to the page.
"""

from __future__ import annotations

import contextlib

import streamlit as st
from streamlit.errors import StreamlitAPIException

from ui.access import NOT_HERE, Visitor, show_account, visitor_or_stop

ENTRY = "streamlit_app.py"

_INSIDE, _WANTED = "inside_app", "wanted_page"


def enter_app() -> Visitor:
    """Let nobody past who may not enter, and go on to the page that the visit wanted. Called by the entry."""
    visitor = visitor_or_stop()
    st.session_state[_INSIDE] = True
    show_account(visitor)
    if wanted := st.session_state.pop(_WANTED, None):
        page, asked = wanted
        try:
            st.switch_page(page, query_params=asked)
        except StreamlitAPIException:
            # A page that the navigation does not offer to this visitor.
            st.error(NOT_HERE, icon=":material/search_off:")
    return visitor


def ensure_app(page: str) -> Visitor:
    """Lead a visit that came to a page directly through the entry, and let nobody past who may not enter.

    Called first by every page: what follows it is for the returned visitor.

    Args:
        page: The page's file, such as ``"pages/image.py"``.
    """
    if not st.session_state.get(_INSIDE):
        # The way through the entry would lose what else the address says, such as which analysis is open.
        st.session_state[_WANTED] = page, st.query_params.to_dict()
        # Where the page is run as a program of its own, there is no entry, and it just goes on.
        with contextlib.suppress(StreamlitAPIException):
            st.switch_page(ENTRY)
    return visitor_or_stop()
