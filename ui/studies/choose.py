"""Chooses, creates and deletes studies."""

from __future__ import annotations

import streamlit as st

from emotion.errors import LibraryError
from emotion.library.studies import SavedStudy, StudyRepository
from emotion.studies import Study
from ui.common.plain import plain
from ui.common.widgets import hints
from ui.shell.once import forget_result, form_key, last_result, submit_once
from ui.studies import session
from ui.studies.exchange import ask_import, show_import

WHAT_YOU_GET = (
    (":material/groups:", "People × stimuli", "Say who saw what: from file names, a table, or by hand."),
    (":material/show_chart:", "Results across people", "Means, curves with intervals, and contrasts with their tests."),
    (":material/folder_zip:", "Files for other tools", "CSV and SPSS with a codebook, and scripts for R and Python."),
)

_FIRST, _NEW = "study_first_title", "study_new_title"
"""Names of the forms for a study's title."""


def choose_study(studies: StudyRepository) -> SavedStudy | None:
    """Show the choice of studies, and return the open one; None if there is none yet."""
    show_import()
    _open_new()
    if message := session.take_message():
        st.toast(plain(message), icon=":material/check:")
    found = {each.id: each for each in studies.summaries()}
    if not found:
        _show_start(studies)
        return None
    asked = st.query_params.get(session.STUDY)
    if asked is not None and asked not in found:
        st.warning("The study that was open here does not exist any more; this is another one.", icon=":material/help:")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        ids = list(found)
        chosen = st.selectbox(
            "Study", ids, ids.index(asked) if asked in found else 0, format_func=lambda one: found[one].title,
            key=f"study_choice_{hash(tuple(ids))}_{asked}",
        )  # fmt: skip
        with st.popover("New study", icon=":material/add:"):
            _ask_title(studies, _NEW)
            ask_import(studies, "new")
        if st.button("Delete study", icon=":material/delete:", help="Its analyses stay in the library"):
            _confirm_delete(studies, chosen, found[chosen].title)
    if chosen != asked:
        session.open_study(chosen)
    return studies.get(chosen)


def _show_start(studies: StudyRepository) -> None:
    st.info("No study yet. Name one, then add videos: one per participant and stimulus.", icon=":material/science:")
    _ask_title(studies, _FIRST)
    with st.expander("Import an exported study", icon=":material/upload_file:"):
        ask_import(studies, "first")
    hints(WHAT_YOU_GET)


def _open_new() -> None:
    """Open the study that a form has made."""
    for name in (_FIRST, _NEW):
        if study_id := last_result(name):
            session.open_study(study_id)
            forget_result(name)


def _ask_title(studies: StudyRepository, name: str) -> None:
    key = form_key(name)
    with st.form(key, border=False):
        title = st.text_input("Title of the study", max_chars=200, placeholder="Such as: Reactions to trailers")
        if st.form_submit_button("Create study", type="primary", icon=":material/add:") and title.strip():
            submit_once(name, key, lambda: studies.create(Study(title.strip())).id)
            st.rerun()


@st.dialog("Delete this study?")
def _confirm_delete(studies: StudyRepository, study_id: str, title: str) -> None:
    st.markdown(f"**{plain(title)}**: participants, consent, exclusions, variables and codes of coders are deleted.")
    st.markdown("The analyses stay in the library.")
    if st.button("Delete study", type="primary", icon=":material/delete_forever:"):
        try:
            studies.delete(study_id)
        except LibraryError as error:
            st.error(plain(error), icon=":material/error:")
            return
        session.open_study(None)
        session.queue_message("Study deleted.")
        st.rerun()
