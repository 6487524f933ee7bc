"""The server's library, opened once and narrowed to the visitor's own part."""

from __future__ import annotations

from typing import NoReturn

import streamlit as st

from emotion.errors import LibraryError
from emotion.library import Library, Repository
from emotion.library.full_disk import READ_ONLY
from emotion.library.jobs import Dispatcher
from emotion.library.owners.usage import set_owner_name
from ui.access import Visitor, visitor_or_stop
from ui.common.memory import freeze_loaded_objects
from ui.common.plain import plain, sentence

_NAMED = "named_in_library"


@st.cache_resource(show_spinner="Opening the library …", on_release=lambda opened: opened[1].stop())
def _opened() -> tuple[Library, Dispatcher]:
    library = Library.open()
    freeze_loaded_objects()
    return library, Dispatcher(library).start()


def library_or_stop() -> Repository:
    """Return the visitor's part of the library, or show why it cannot be opened and stop the page."""
    visitor = visitor_or_stop()
    library = shared_library_or_stop()
    repository = library.for_owner(visitor.owner)
    if library.is_full:
        st.warning(f"{sentence(READ_ONLY)}.", icon=":material/hard_disk:")
        return repository
    try:
        _store_name(repository, visitor)
    except LibraryError as error:
        _stop_with(error)
    return repository


def own_library() -> Repository:
    """Return the visitor's part of the library, for a page that also works without it.

    Raises:
        LibraryError: It cannot be opened.
    """
    return _opened()[0].for_owner(visitor_or_stop().owner)


def shared_library() -> Library:
    """Return the whole library, for the HTTP API, which narrows it to a token's owner.

    Raises:
        LibraryError: It cannot be opened.
    """
    return _opened()[0]


def shared_library_or_stop() -> Library:
    """Return the whole library, for administration, or show why it cannot be opened and stop the page."""
    try:
        return _opened()[0]
    except LibraryError as error:
        _stop_with(error)


def _stop_with(error: LibraryError) -> NoReturn:
    st.error(f"The library cannot be opened: {plain(error)}", icon=":material/error:")
    st.stop()


def _store_name(repository: Repository, visitor: Visitor) -> None:
    """Store the name of a signed-in visitor, once per session."""
    if visitor.signed_in and st.session_state.get(_NAMED) != visitor.owner:
        set_owner_name(repository, visitor.address or visitor.name)
        st.session_state[_NAMED] = visitor.owner
