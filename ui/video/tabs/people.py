"""The people of a video: a selector, and figures for each person."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import partial
from typing import Any

import streamlit as st

from emotion.analytics.edits import Edits
from emotion.analytics.people import (
    POSTURE_CHANGED_BELOW,
    offered_people,
    people_table,
    person_name,
    posture_changes,
)
from emotion.analytics.summary import summarise
from emotion.labels import UNCLEAR
from emotion.report.facts import analysed_text
from emotion.types import Analysis
from ui.common.plain import plain
from ui.common.shares import changes_column, share_column, whole_percent
from ui.common.tables import csv_button

_FIGURE_PX = 72
"""Width of a column of figures: all of the table fits a window of 1280 px."""

EVERYBODY = 0
"""The choice of everybody; tracks are numbered from 1."""

_STEADINESS = "Median SSIM of the face with this person's reference face: 1 is a face that never moves."
_POSTURE = (
    f"Time in which the face differs from the reference face (SSIM below {POSTURE_CHANGED_BELOW}) for 0.5 s or more: "
    "the person moved, or the light or something in front of the face changed."
)


def choose_person(
    analysis: Analysis, edits: Edits, key: str, place: int = 0, label: str = "Person", no_effect: str = ""
) -> int | None:
    """Let the visitor choose a person, and return the track; None for everybody, or if there is nobody.

    Args:
        analysis: The analysis with its edits applied.
        edits: Its edits, for names.
        key: Prefix of the widget's key.
        place: Initial choice: 0 for everybody, 1 for the first person and so on.
        label: Label of the widget, unique on the page.
        no_effect: Why the choice has no effect now; disables the widget.
    """
    tracks = offered_people(analysis.timeline, edits.names)
    options = [EVERYBODY, *tracks]
    if not tracks:
        return None
    chosen = st.selectbox(
        plain(label),
        options,
        min(place, len(tracks)),
        format_func=lambda track: "Everybody" if track == EVERYBODY else person_name(track, edits.names),
        # New options need a new key, because an old choice may no longer exist.
        key=f"{key}_{len(options)}_{sum(options)}",
        persist_state="session",
        help=plain(no_effect) if no_effect else None,
        disabled=bool(no_effect),
    )
    return None if chosen == EVERYBODY else chosen


def fingerprint(values: object) -> str:
    """Return a short hash of plain values, for keys of editors that must reset when the values change."""
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:12]


def show_people(analysis: Analysis, edits: Edits, pictures: Mapping[int, str], track: int | None, key: str) -> None:
    """Show everybody's figures, and when somebody moved.

    Args:
        analysis: The analysis with its edits applied.
        edits: Its edits, for names.
        pictures: Faces as data URLs by track.
        track: The chosen person; None for everybody.
        key: Prefix of the widgets' keys.
    """
    _show_figures(analysis, edits, pictures, key)
    _show_postures(analysis, edits, track)


def _show_figures(analysis: Analysis, edits: Edits, pictures: Mapping[int, str], key: str) -> None:
    summary = summarise(analysis)
    if not analysis.complete:
        st.caption(f"The analysis is not complete: {plain(analysed_text(summary))}.")
    table = people_table(analysis, edits.names)
    table.insert(0, "face", table["track_id"].map(pictures))
    if analysis.abstain_below > 0:
        table["unclear"] = [track["shares"][UNCLEAR] for track in summary["tracks"]]
    seconds = partial(st.column_config.NumberColumn, width=_FIGURE_PX, format="%.1f")
    columns: dict[str, Any] = {
        "track_id": None,
        "face": st.column_config.ImageColumn("Face", width=_FIGURE_PX) if pictures else None,
        "person": st.column_config.TextColumn("Person", width=120),
        "first_s": seconds("From, s"),
        "last_s": seconds("To, s"),
        "seconds": seconds("Seen, s"),
        "frames": st.column_config.NumberColumn("Frames", width=_FIGURE_PX, format="localized"),
        "dominant": st.column_config.TextColumn("Dominant", width=90),
        "smile_index": share_column("Smile index", width=105),
        "changes_per_minute": changes_column(),
        "steadiness": st.column_config.NumberColumn("Steadiness", width=90, format="%.2f", help=_STEADINESS),
        "unclear": share_column("Unclear", width=105),
        "posture_changed_s": seconds("Moved, s", help=_POSTURE),
    }
    shown = whole_percent(table, "smile_index", "unclear")
    st.dataframe(shown, hide_index=True, column_config=columns, placeholder="–", row_height=52 if pictures else None)
    csv_button("People", table, f"{key}_csv", hidden=("track_id", "face"))


def _show_postures(analysis: Analysis, edits: Edits, track: int | None) -> None:
    spans = posture_changes(analysis)
    spans = spans if track is None else spans[spans["track_id"] == track]
    if spans.empty:
        nobody = "Nobody moved" if track is None else f"{plain(person_name(track, edits.names))} did not move"
        st.caption(f"{nobody}. What counts: {_POSTURE[0].lower()}{_POSTURE[1:]}")
        return
    with st.expander(f"Moved: {len(spans):,} span{'s' if len(spans) > 1 else ''}", icon=":material/accessibility_new:"):
        st.caption(_POSTURE)
        spans.insert(0, "person", [person_name(int(one), edits.names) for one in spans["track_id"]])
        columns = {
            "track_id": None,
            "person": "Person",
            "start_s": st.column_config.NumberColumn("From, s", format="%.2f"),
            "end_s": st.column_config.NumberColumn("To, s", format="%.2f"),
            "duration_s": st.column_config.NumberColumn("Duration, s", format="%.2f"),
            "lowest": st.column_config.NumberColumn("Lowest SSIM", format="%.2f"),
        }
        st.dataframe(spans, hide_index=True, column_config=columns)
