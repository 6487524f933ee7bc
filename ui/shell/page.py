"""Access check and navigation for every page.

On a server that has just started, Streamlit answers a deep link by running that page's file alone, without the app's
navigation and layout. :func:`ensure_app` sends such a session through the entry script and back to the page.
"""

from __future__ import annotations

import contextlib

import streamlit as st
from streamlit.errors import StreamlitAPIException

from ui.access import NOT_HERE, Visitor, show_account, visitor_or_stop

ENTRY = "streamlit_app.py"

_INSIDE, _WANTED = "inside_app", "wanted_page"


def enter_app() -> Visitor:
    """Check access, and continue to the page that the session asked for. Called by the entry script."""
    visitor = visitor_or_stop()
    st.session_state[_INSIDE] = True
    show_account(visitor)
    if target := st.session_state.pop(_WANTED, None):
        page, query = target
        try:
            st.switch_page(page, query_params=query)
        except StreamlitAPIException:
            # The navigation does not offer this page to this visitor.
            st.error(NOT_HERE, icon=":material/search_off:")
    return visitor


def ensure_app(page: str) -> Visitor:
    """Check access, and send a session that opened a page directly through the entry script.

    Every page calls it first.

    Args:
        page: The page's file, such as ``"pages/image.py"``.
    """
    if not st.session_state.get(_INSIDE):
        # The detour would lose the query parameters, such as the open analysis.
        st.session_state[_WANTED] = page, st.query_params.to_dict()
        # A page that runs on its own, as in tests, has no entry script to go to.
        with contextlib.suppress(StreamlitAPIException):
            st.switch_page(ENTRY)
    return visitor_or_stop()
