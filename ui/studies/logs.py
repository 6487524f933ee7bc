"""Adds the events of another program's log to the video of a cell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePath

import pandas as pd
import streamlit as st

from emotion.analytics.edits import Event
from emotion.errors import EmotionError, count_text
from emotion.library.studies import SavedStudy, StudyRepository
from emotion.library.studies.annotations import add_events
from emotion.library.studies.read_uploads import read_uploaded_log
from emotion.library.studies.repository import AnalysisState
from emotion.studies import Cell
from emotion.studies.formats.event_tables import (
    KINDS,
    Columns,
    LoggedEvent,
    in_video,
    kind_of,
    offset_by,
    table_columns,
)
from emotion.studies.text_tables import MAX_BYTES
from emotion.telemetry.one_line import one_line
from ui.common.plain import plain, sentence
from ui.common.session_cache import session_cached
from ui.common.uploads import named, take_uploads, uploader_key
from ui.studies import session

NAMES = {
    "psychopy": "PsychoPy", "eprime": "E-Prime", "boris": "BORIS", "elan": "ELAN", "xdf": "XDF", "csv": "Other table",
}  # fmt: skip
LOG_TYPES = ["csv", "tsv", "txt", "eaf", "xdf"]
_UPLOAD, _NONE = "study_log_upload", "–"
_UNITS = {"s": 1.0, "ms": 0.001, "µs": 1e-6}


def show_logs(studies: StudyRepository, saved: SavedStudy, states: Mapping[str, AnalysisState]) -> None:
    """Ask for a log, preview its events at their times in the video, and add them."""
    cells = [cell for cell in saved.study.cells if cell.analysis in states]
    if not cells:
        return
    with st.expander("Add events from a log", icon=":material/event_note:"):
        upload = named(st.file_uploader(
            "Log of one participant and stimulus", LOG_TYPES, key=uploader_key(_UPLOAD), max_upload_size=MAX_BYTES >> 20
        ))  # fmt: skip
        if upload is None:
            st.caption("Events from PsychoPy, E-Prime, BORIS, ELAN, XDF or any table. An event can mark a stimulus.")
            return
        try:
            logged = _read(upload.name, upload.getvalue())
            if logged is not None:
                cell, offset_s = _ask_place(cells, states, upload.name, logged)
                _offer(studies, cell, in_video(logged, offset_s), len(logged), states[cell.analysis].duration_s)
        except EmotionError as error:
            st.error(sentence(error), icon=":material/error:")


def _offer(studies: StudyRepository, cell: Cell, events: Sequence[Event], logged: int, length_s: float | None) -> None:
    """Preview events at their times in the video, with a button to add them."""
    rows = [(event.label, event.span.start_s, event.span.end_s) for event in events]
    table = pd.DataFrame(rows, columns=["Event", "From, s", "To, s"])
    st.dataframe(table.round(3), hide_index=True, height=min(38 + 35 * max(len(rows), 1), 260))
    if early := logged - len(events):
        st.caption(plain(f"Left out before the start of the video: {count_text(early, 'event')}."))
    if length_s is not None and (late := sum(event.span.start_s >= length_s for event in events)):
        words = (
            f"After the end of the video, at {length_s:.1f} s: {count_text(late, 'event')}. Choose one that it shows."
        )
        st.warning(plain(words), icon=":material/schedule:")
    if st.button(f"Add {count_text(len(events), 'event')}", type="primary", icon=":material/add:", disabled=not events):
        count = add_events(studies, cell, events)
        take_uploads(_UPLOAD)
        session.queue_message(f"{count_text(count, 'event')} added to {' · '.join(cell.key)}.")
        st.rerun()


def _read(name: str, content: bytes) -> list[LoggedEvent] | None:
    """Ask for the format and return the events; None until the columns are known."""
    mark = name, hash(content)
    guess = session_cached("study_log_kind", mark, lambda: kind_of(name, content))
    kind = st.selectbox(
        "Format",
        list(KINDS),
        KINDS.index(guess),
        format_func=NAMES.__getitem__,
        key=f"study_log_kind_{mark}",
        width=260,
    )
    columns = _ask_columns(content) if kind == "csv" else None
    if kind == "csv" and columns is None:
        return None
    return session_cached("study_log", (mark, kind, columns), lambda: read_uploaded_log(content, name, kind, columns))


def _ask_columns(content: bytes) -> Columns | None:
    names = session_cached("study_log_columns", hash(content), lambda: table_columns(content))
    if not names:
        return None
    optional = [_NONE, *names]
    with st.container(horizontal=True):
        start = st.selectbox("Start", names, _place(names, "start", "onset", "time"), key="study_log_start", width=180)
        place = _place(optional, "label", "event", "code")
        label = st.selectbox("Label", optional, place, key="study_log_label", width=180)
        end = st.selectbox("End", optional, _place(optional, "end", "stop", "offset"), key="study_log_end", width=180)
        unit = st.selectbox("Unit of time", list(_UNITS), key="study_log_unit", width=140)
    return Columns(start, None if label == _NONE else label, None if end == _NONE else end, unit_s=_UNITS[unit])


def _place(names: list[str], *words: str) -> int:
    """Return the index of the first name that contains one of these words, or 0."""
    return next((place for place, name in enumerate(names) if any(word in name.casefold() for word in words)), 0)


def _ask_place(
    cells: list[Cell], states: Mapping[str, AnalysisState], name: str, logged: list[LoggedEvent]
) -> tuple[Cell, float]:
    """Ask for the video and for an event that is visible in it; return the cell and the offset of times, s."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        # By their keys: a place in the list is another video's once one of them is taken out.
        key = st.selectbox(
            "Video of", [cell.key for cell in cells], _likely(cells, states, name),
            format_func=" · ".join, key=f"study_log_cell_{name}", width=260,
        )  # fmt: skip
        labels = list(dict.fromkeys(event.label for event in logged))
        align = st.selectbox(
            "Event that is visible in the video", [None, *labels], key="study_log_align", width=260,
            format_func=lambda one: "none: the log uses the video's times" if one is None else one_line(one),
        )  # fmt: skip
        at = st.number_input("Its time in the video, s", 0.0, step=0.1, disabled=align is None, key="study_log_at")
    cell = next(each for each in cells if each.key == key)
    return cell, 0.0 if align is None else offset_by(logged, align, at)


def _likely(cells: list[Cell], states: Mapping[str, AnalysisState], name: str) -> int:
    """Return the index of the cell whose video has the log's name, else whose names all occur in that name, else 0."""
    stem = PurePath(name).stem.casefold()
    sources = [PurePath(states[cell.analysis].source).stem.casefold() for cell in cells]
    if stem in sources:
        return sources.index(stem)
    fitting = (place for place, cell in enumerate(cells) if all(part.casefold() in stem for part in cell.key))
    return next(fitting, 0)
