"""Deletes everything of the visitor after a typed confirmation."""

from __future__ import annotations

import streamlit as st

from emotion.errors import LibraryError, count_text
from emotion.library import LOCAL, Repository
from emotion.library.owners.erase import erase_owner
from ui.common.background import BackgroundJob
from ui.common.plain import plain
from ui.common.previews import forget_previews
from ui.common.session_cache import clear_session_cache
from ui.common.widgets import size_text
from ui.lab import session as lab
from ui.pictures.session import clear_pictures
from ui.shell.notice import forget_answer
from ui.video import session

CONFIRMATION = "delete everything"
_INPUT, _NEWS = "library_erase_confirmation", "library_erase_news"
_HELD = (
    "live_recorded", "growing_analysis", "study_results_job", "study_sums", "study_figures", "study_agreement_job",
    "study_pairs_job", "study_export_job", "study_import_job", "study_coder", "study_coding_last", "study_coding_seen",
    "coding_players", "forms", "pending_typed", "lab_photo", "lab_face", "lab_answers", "library_retention",
    "library_text", "library_tags",
)  # fmt: skip
"""Session keys of analyses, pictures and results that other pages hold, of a setting that is deleted, and of the last
search."""

WHAT = (
    "Deletes all your analyses with timelines, videos, recordings, clips, names, notes and logs, your studies, "
    "your tokens for programs, your settings here, and this session's pictures, uploads and player copies."
)
EVERYBODY = "This server has no sign-in, so **this deletes what everyone has analysed on it**, not only you."
NOT_MINE = "Not deleted: files you have downloaded, models you added, and backups made by the administrator."


def show_erase(library: Repository) -> None:
    """Show the form that deletes everything."""
    if news := st.session_state.pop(_NEWS, None):
        st.success(plain(news), icon=":material/delete_sweep:")
    with st.expander("Delete everything of mine", icon=":material/delete_forever:"):
        st.markdown(WHAT)
        if library.owner == LOCAL:
            st.warning(EVERYBODY, icon=":material/groups:")
        st.caption(NOT_MINE)
        typed = st.text_input(f"Type “{CONFIRMATION}” to confirm", key=_INPUT, autocomplete="off", width=320)
        is_confirmed = typed.strip().casefold() == CONFIRMATION
        if st.button("Delete everything", icon=":material/delete_forever:", type="primary", disabled=not is_confirmed):
            _delete(library)


def _delete(library: Repository) -> None:
    size = library.used_bytes()
    try:
        with st.spinner(f"Deleting {count_text(library.search(limit=0).total, 'analysis', 'analyses')} …"):
            forget_session()
            count = erase_owner(library)
    except LibraryError as error:
        st.error(plain(error), icon=":material/error:")
        return
    st.session_state[_NEWS] = f"Everything was deleted: {count_text(count, 'analysis', 'analyses')}, {size_text(size)}."
    st.session_state.pop(_INPUT, None)
    st.rerun()


def forget_session() -> None:
    """Delete what this session holds, on disk and in memory."""
    session.forget_all()
    clear_pictures()
    lab.set_trial_job(None)
    lab.set_pending_model(None)
    forget_answer()
    clear_session_cache()
    forget_previews()
    for key in _HELD:
        held = st.session_state.pop(key, None)
        if isinstance(held, BackgroundJob):
            held.close()
