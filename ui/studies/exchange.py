"""Exports and imports studies, and exports annotations for other programs."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from emotion.errors import EmotionError, count_text
from emotion.library.studies import SavedStudy, StudyRepository
from emotion.library.studies.repository import AnalysisState
from emotion.report.file_names import file_name
from ui.common.plain import plain, sentence
from ui.common.uploads import named, take_uploads, uploader_key
from ui.studies import session
from ui.studies.jobs import STUDY_KIND, ExportJob, ImportJob, follow

_CODES = "codes, expressions and events of participants"
KINDS = {
    STUDY_KIND: (
        "The study",
        "Everything about the study and its timelines, without videos. *New study* imports it.",
        "codes, variables, names and events of participants, and the names of coders with what they coded",
    ),
    "eaf": ("ELAN", "One `.eaf` file per video, with expressions and events as tiers.", _CODES),
    "textgrid": ("Praat", "One `.TextGrid` file per video, with expressions and events as tiers.", _CODES),
    "boris": ("BORIS", "One table of events per video, as BORIS exports them.", _CODES),
    "bids": ("BIDS", "`events.tsv` and `physio.tsv.gz` per video, with JSON that describes the columns.", _CODES),
}
"""Kind of export → title, description and personal data in it."""

_EXPORT, _IMPORT, _UPLOAD = "study_export_job", "study_import_job", "study_zip_upload"


def show_export(studies: StudyRepository, saved: SavedStudy, states: Mapping[str, AnalysisState]) -> None:
    """Offer the study, or its annotations, as one ZIP file."""
    if not any(state.state.is_over for state in states.values()):
        return
    st.markdown("**For another library or program**")
    kind = str(st.pills(
        "Export", list(KINDS), default=STUDY_KIND, required=True, format_func=lambda one: KINDS[one][0],
        key="study_export_kind", label_visibility="collapsed",
    ))  # fmt: skip
    st.caption(f"{KINDS[kind][1]} It contains personal data: {KINDS[kind][2]}.")
    key = session.results_key(saved, states), kind
    job: ExportJob | None = st.session_state.get(_EXPORT)
    if job is not None and job.running:
        follow(job, "Writing files", "analyses", "study_export_stop")
        return
    if job is not None and job.key == key and job.file is not None:
        _offer(job, saved, kind)
        return
    if job is not None and job.key == key and job.error:
        st.error(plain(job.error), icon=":material/error:")
    if st.button("Prepare ZIP", icon=":material/hourglass_top:", key="study_export_start"):
        if job is not None:
            job.close()
        job = st.session_state[_EXPORT] = ExportJob(key)
        job.start(studies, saved, kind)
        job.wait(session.SHORT_S)
        st.rerun()


def _offer(job: ExportJob, saved: SavedStudy, kind: str) -> None:
    assert job.file is not None
    if job.left_out:
        st.caption(f"Left out: {count_text(job.left_out, 'analysis', 'analyses')} without a timeline.")
    st.download_button(
        "Download ZIP", job.file.read_bytes, file_name(f"{saved.study.title} {kind}", ".zip"), "application/zip",
        type="primary", icon=":material/download:", on_click="ignore", key="study_export_download",
    )  # fmt: skip


def ask_import(studies: StudyRepository, key: str) -> None:
    """Ask for an exported study, and start to import it."""
    upload = named(st.file_uploader("Or import an exported study", ["zip"], key=uploader_key(f"{_UPLOAD}_{key}")))
    if upload is None:
        return
    if st.button("Import study", icon=":material/upload_file:", key=f"study_import_{key}"):
        old: ImportJob | None = st.session_state.pop(_IMPORT, None)
        if old is not None:
            old.close()
        try:
            job = ImportJob(upload.name, upload)
        except EmotionError as error:
            st.error(plain(error), icon=":material/error:")
            return
        take_uploads(f"{_UPLOAD}_{key}")
        st.session_state[_IMPORT] = job
        job.start(studies)
        job.wait(session.SHORT_S)
        st.rerun()


def show_import() -> None:
    """Show the progress of an import; when it has ended, open its study or show the error."""
    job: ImportJob | None = st.session_state.get(_IMPORT)
    if job is None:
        return
    if job.running:
        follow(job, f"Importing {job.name}", "steps", "study_import_stop")
        return
    if job.error:
        st.error(sentence(job.error), icon=":material/error:")
    del st.session_state[_IMPORT]
    job.close()
    if job.saved is not None:
        session.open_study(job.saved.id)
        session.queue_message(f"Imported “{job.saved.study.title}”.")
        st.rerun()
