"""Adds videos, analyses of the library or a CSV sheet to a study."""

from __future__ import annotations

import logging
from collections.abc import Mapping

import pandas as pd
import streamlit as st

from emotion.bad_file import sentence_for, with_name
from emotion.errors import EmotionError, InputError, count_text
from emotion.library import JobSettings
from emotion.library.studies import SavedStudy, StudyRepository
from emotion.studies import Study
from emotion.studies.names import PARTICIPANT, STIMULUS, NamePattern, study_of_names, suggest_pattern
from emotion.studies.sheet import read_sheet, sheet_of, study_of_sheet
from ui.common.plain import plain
from ui.common.tables import csv_button
from ui.common.uploads import named, session_lock, take_uploads, uploader_key
from ui.common.widgets import warn_unmatched
from ui.shell.notice import show_notice
from ui.studies import session
from ui.video.pending_uploads import KEEP, RATES, VIDEO_TYPES

PATTERN_HELP = (
    "How to read file names, without their endings. {participant} is required. Without {stimulus}, all videos have the "
    "same stimulus. Other names in braces become variables, such as {group}."
)
_UPLOADS = "study_upload"
_QUEUED = "study_queued_uploads"

log = logging.getLogger(__name__)


def show_add(studies: StudyRepository, saved: SavedStudy) -> None:
    """Show the three ways to fill a study."""
    with st.expander("Add videos", icon=":material/video_call:", expanded=not saved.study.cells):
        source = st.segmented_control(
            "From", ["New videos", "The library", "A CSV sheet"], default="New videos", required=True,
            key="study_source", label_visibility="collapsed",
        )  # fmt: skip
        if source == "New videos":
            _add_videos(studies, saved)
        elif source == "The library":
            _add_analyses(studies, saved)
        else:
            _add_sheet(studies, saved)


def _add_videos(studies: StudyRepository, saved: SavedStudy) -> None:
    uploads = named(st.file_uploader(
        "Videos, one per participant and stimulus", VIDEO_TYPES, accept_multiple_files=True, key=uploader_key(_UPLOADS)
    ))  # fmt: skip
    if not uploads:
        st.caption("Name the files like p01_film.mp4, so that participant and stimulus are read from the names.")
        return
    files = {str(place): upload.name for place, upload in enumerate(uploads)}
    study = _ask_names(files, "upload")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        rate = st.selectbox("Sampling", list(RATES), key="study_rate", width=260)
        keep = st.checkbox(KEEP, key="study_keep")
    ready = show_notice("Choose a purpose and confirm consent, then press *Analyse*.", key="study_notice")
    count = 0 if study is None else len(study.cells)
    if st.button(
        f"Analyse {count_text(count, 'video')}",
        type="primary",
        icon=":material/play_arrow:",
        disabled=not ready or not count,
    ):
        assert study is not None
        _analyse(studies, saved, study, uploads, JobSettings(keep_video=keep, **RATES[rate]))


def _analyse(studies: StudyRepository, saved: SavedStudy, study: Study, uploads: list, settings: JobSettings) -> None:
    """Queue every video, and add the cells of those that can be read.

    A click meanwhile stops this run. Which uploads are queued is kept, so that the next run does not queue them again.
    """
    bar, ids, failures = st.progress(0.0, "Adding …"), {}, []
    queued: dict[str, str] = st.session_state.setdefault(_QUEUED, {})
    for place, cell in enumerate(study.cells):
        upload = uploads[int(cell.analysis)]
        bar.progress(place / len(study.cells), f"Adding {plain(upload.name)} …")
        with session_lock():
            try:
                if upload.file_id not in queued:
                    entry = studies.analyses.add(upload, upload.name, settings, title=" · ".join(cell.key))
                    queued[upload.file_id] = entry.id
                ids[cell.analysis] = queued[upload.file_id]
            except Exception as error:  # whatever a decoder raises for this file must not stop the others
                log.exception("cannot add a video to a study")
                failures.append(with_name(sentence_for(error, upload.name, "a video"), upload.name))
    take_uploads(_UPLOADS)
    queued.clear()
    _save(studies, saved, study.with_analyses(ids), f"Added {count_text(len(ids), 'video')}.", failures)


def _add_analyses(studies: StudyRepository, saved: SavedStudy) -> None:
    words = st.text_input("Search", placeholder="Titles, files, tags, people, events", key="study_words")
    found = studies.analyses.search(words, limit=5000, sort="created").entries
    used = {cell.analysis for cell in saved.study.cells}
    files = {entry.id: entry.source for entry in found if entry.id not in used}
    if not files:
        st.info("No other analysis matches." if words else "All analyses of the library are in the study.")
        return
    study = _ask_names(files, "library")
    count = 0 if study is None else len(study.cells)
    analyses = count_text(count, "analysis", "analyses")
    if st.button(f"Add {analyses}", type="primary", icon=":material/add:", disabled=not count):
        assert study is not None
        _save(studies, saved, study, f"Added {analyses}.")


def _add_sheet(studies: StudyRepository, saved: SavedStudy) -> None:
    st.markdown(
        "One row per participant and stimulus. Columns: `participant`, `stimulus`, `file`, and if needed `start_s`, "
        "`end_s`, `consent`, `excluded`. Every other column becomes a variable."
    )
    files = studies.files()
    csv_button("This study as a sheet", lambda: sheet_of(saved.study, files), "study_sheet")
    upload = named(st.file_uploader("CSV sheet", ["csv", "tsv", "txt"], key=uploader_key("study_sheet_upload")))
    if upload is None:
        return
    try:
        study, unknown = study_of_sheet(read_sheet(upload.getvalue()), files)
    except InputError as error:
        st.error(plain(error), icon=":material/error:")
        return
    found = (
        count_text(len(study.participants), "participant"),
        count_text(len(study.stimuli), "stimulus", "stimuli"),
        count_text(len(study.cells), "analysis", "analyses"),
    )
    st.caption(f"{', '.join(found)}.")
    if unknown:
        names = ", ".join(plain(name) for name in unknown[:5])
        st.warning(
            f"The library has no analysis of {count_text(len(unknown), 'file')}: {names}", icon=":material/search_off:"
        )
    if st.button("Add the sheet", type="primary", icon=":material/add:"):
        take_uploads("study_sheet_upload")
        _save(studies, saved, study, "Added the sheet.")


def _ask_names(files: Mapping[str, str], key: str) -> Study | None:
    """Ask for a pattern, show what it makes of the names, and return the study; None if it cannot be read."""
    suggested = suggest_pattern(list(files.values()))
    text = st.text_input(
        "Pattern of the file names", suggested, help=PATTERN_HELP, key=f"study_pattern_{key}_{suggested}"
    )
    try:
        study, unmatched = study_of_names(NamePattern(text), files)
    except InputError as error:
        st.error(plain(error), icon=":material/error:")
        return None
    _show_reading(study, files)
    warn_unmatched(unmatched)
    return study


def _show_reading(study: Study, files: Mapping[str, str]) -> None:
    named = study.with_free_variables(("file", PARTICIPANT, STIMULUS))
    people = {each.name: each.variables for each in named.participants}
    stimuli = {each.name: each.variables for each in named.stimuli}
    rows = [
        {
            "file": files[cell.analysis], PARTICIPANT: cell.participant, STIMULUS: cell.stimulus,
            **people[cell.participant], **stimuli[cell.stimulus],
        }
        for cell in study.cells
    ]  # fmt: skip
    if rows:
        titles = {name: name.capitalize() for name in ("file", PARTICIPANT, STIMULUS)}  # variables keep their names
        height = min(38 + 35 * len(rows), 260)
        st.dataframe(pd.DataFrame(rows), hide_index=True, height=height, column_config=titles)


def _save(
    studies: StudyRepository, saved: SavedStudy, new: Study, message: str, failures: list[str] | None = None
) -> None:
    """Merge what is new into the study and run the page again, or say why that cannot be done.

    The study is read again, because adding videos takes long enough for another page to change it.
    """
    try:
        latest = studies.get(saved.id)
        studies.save(latest, latest.study.merged_with(new))
    except EmotionError as error:
        st.error(plain(error), icon=":material/error:")
        return
    for failure in failures or ():
        st.error(plain(failure), icon=":material/broken_image:")
    if not failures:
        session.queue_message(message)
        st.rerun()
