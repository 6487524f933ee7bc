"""The library that all visitors of this server share: opened once, with what keeps its queue moving."""

from __future__ import annotations

import streamlit as st

from emotion.errors import LibraryError
from emotion.library import Dispatcher, Library
from ui import visit


@st.cache_resource(show_spinner="Opening the library …", on_release=lambda opened: opened[1].stop())
def _opened() -> tuple[Library, Dispatcher]:
    library = Library.open()
    return library, Dispatcher(library).start()


def library_or_stop() -> Library:
    """Return the shared library, or say why there is none and end the page."""
    try:
        return _opened()[0]
    except LibraryError as error:
        st.error(f"The library cannot be opened: {error}", icon=":material/error:")
        st.stop()


def open_analysis(analysis_id: str | None) -> None:
    """Turn to the page that shows an analysis; its address can be kept and comes back after a refresh."""
    visit.show(analysis_id)
    st.switch_page("pages/video.py", query_params={visit.ANALYSIS: analysis_id} if analysis_id else None)
