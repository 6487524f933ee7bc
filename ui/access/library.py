"""The server's library, opened once and narrowed to the visitor's own part."""

from __future__ import annotations

from typing import NoReturn

import streamlit as st

from emotion.errors import LibraryError
from emotion.library import Library
from emotion.library.jobs import Dispatcher
from emotion.library.owners.owner_view import OwnLibrary
from emotion.library.owners.users import name_person
from ui.access import Visitor, visitor_or_stop
from ui.common.lifespan import settle_memory

_NAMED = "named_in_library"


@st.cache_resource(show_spinner="Opening the library …", on_release=lambda opened: opened[1].stop())
def _opened() -> tuple[Library, Dispatcher]:
    library = Library.open()
    settle_memory()
    return library, Dispatcher(library).start()


def library_or_stop() -> OwnLibrary:
    """Return the visitor's part of the library, or show why it cannot be opened and stop the page."""
    visitor = visitor_or_stop()
    shared = shared_library_or_stop()
    try:
        _store_name(shared, visitor)
    except LibraryError as error:
        _stop_with(error)
    return OwnLibrary(shared, visitor.owner)


def shared_library_or_stop() -> Library:
    """Return the whole library, for administration, or show why it cannot be opened and stop the page."""
    try:
        return _opened()[0]
    except LibraryError as error:
        _stop_with(error)


def _stop_with(error: LibraryError) -> NoReturn:
    st.error(f"The library cannot be opened: {error}", icon=":material/error:")
    st.stop()


def _store_name(library: Library, visitor: Visitor) -> None:
    """Store the name of a signed-in visitor, once per session."""
    if visitor.signed_in and st.session_state.get(_NAMED) != visitor.owner:
        name_person(library, visitor.owner, visitor.address or visitor.name)
        st.session_state[_NAMED] = visitor.owner
