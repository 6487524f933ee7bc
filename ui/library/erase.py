"""Everything of mine, deleted at once: asked for in so many words."""

from __future__ import annotations

import streamlit as st

from emotion.errors import LibraryError
from emotion.library import LOCAL, Repository
from emotion.library.owners.erase import erase_owner
from ui.common.widgets import plain, size_text
from ui.lab import session as lab
from ui.pictures.session import clear_pictures
from ui.video import session

WORDS = "delete everything"
_INPUT, _NEWS = "library_erase_words", "library_erase_news"
_HELD = ("loaded_analysis", "live_recorded")
"""Keys of what other pages hold of analyses."""

WHAT = (
    "All your analyses with their timelines, kept videos, recordings and clips, names and notes, their logs, and your "
    "settings here; and what this visit holds: pictures, uploads that wait, and copies made for the player."
)
EVERYBODY = "Nobody signs in on this server, so **this is what everybody has analysed on it**, not only you."
NOT_MINE = (
    "Files that you have downloaded, models that were added in the Model lab, and backups that whoever runs this "
    "server has made are not reached from here."
)


def show_erase(library: Repository) -> None:
    """Show the way to delete everything."""
    if news := st.session_state.pop(_NEWS, None):
        st.success(news, icon=":material/delete_sweep:")
    with st.expander("Delete everything of mine", icon=":material/delete_forever:"):
        st.markdown(WHAT)
        if library.owner == LOCAL:
            st.warning(EVERYBODY, icon=":material/groups:")
        st.caption(NOT_MINE)
        said = st.text_input(f"Type “{WORDS}” to confirm", key=_INPUT, autocomplete="off", width=320)
        is_meant = said.strip().casefold() == WORDS
        if st.button("Delete everything", icon=":material/delete_forever:", type="primary", disabled=not is_meant):
            _delete(library)


def _delete(library: Repository) -> None:
    size = library.used_bytes()
    try:
        with st.spinner(f"Deleting {library.search(limit=0).total:,} analyses …"):
            forget_visit()
            count = erase_owner(library)
    except LibraryError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return
    st.session_state[_NEWS] = f"Everything was deleted: {count:,} analyses, {size_text(size)}."
    st.session_state.pop(_INPUT, None)
    st.rerun()


def forget_visit() -> None:
    """Delete what this visit holds, on disk and in memory."""
    session.forget_all()
    clear_pictures()
    lab.set_trial_job(None)
    lab.set_model_draft(None)
    for key in _HELD:
        st.session_state.pop(key, None)
