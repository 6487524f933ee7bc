"""The people of a video: name them, merge and hide tracks, and see each one's figures."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pandas as pd
import streamlit as st

from emotion.analytics.apply import merged_into
from emotion.analytics.charts import share_donut
from emotion.analytics.edits import Edits
from emotion.analytics.people import POSTURE_CHANGED_BELOW, people_table, person_name, posture_changes
from emotion.analytics.summary import summarise
from emotion.errors import InputError
from emotion.labels import UNCLEAR
from emotion.types import Analysis
from ui.widgets import shares_table

EVERYBODY = 0
"""Stands for everybody where a person is chosen; tracks are numbered from 1."""

_STEADINESS = "Median SSIM of the face with this person's reference face: 1 is a face that never moves."
_POSTURE = (
    f"Time in which the face is unlike the reference face (SSIM under {POSTURE_CHANGED_BELOW}) for 0.5 s or more."
)


def choose_person(analysis: Analysis, edits: Edits, key: str, place: int = 0) -> int | None:
    """Let somebody choose a person, and return the track; None for everybody or where there is nobody.

    Args:
        analysis: With its edits applied.
        edits: Whose names are shown.
        key: Names this choice within the visit.
        place: Chosen at first: 0 for everybody, 1 for the first person and so on, as far as there are any.
    """
    tracks = sorted(int(track) for track in analysis.timeline["track_id"].unique())
    options = [EVERYBODY, *tracks]
    if not tracks:
        return None
    chosen = st.selectbox(
        "Person",
        options,
        min(place, len(tracks)),
        format_func=lambda track: "Everybody" if track == EVERYBODY else person_name(track, edits.names),
        # Another choice of people is another question: an answer that is none of them would not fit.
        key=f"{key}_{len(options)}_{sum(options)}",
    )
    return None if chosen == EVERYBODY else chosen


def fingerprint(values: object) -> str:
    """Return a short text that differs where plain values differ; an editor of new values is a new editor."""
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:12]


def edit_people(analysis: Analysis, edits: Edits, key: str, pictures: Mapping[int, str] | None = None) -> Edits:
    """Show the tracks of an analysis for naming, merging and hiding, and return the edits as they are now.

    Args:
        analysis: As it was made; edits are never applied twice.
        edits: What was decided until now.
        key: Names the editor within the visit.
        pictures: Faces as data URLs, by track.
    """
    st.caption("Name people, join tracks that are the same person, and hide who does not count. Every figure follows.")
    table = track_table(analysis, edits, pictures or {})
    own = edits.to_dict()
    changed = st.data_editor(
        table,
        hide_index=True,
        key=f"{key}_{fingerprint([own['names'], own['merged'], own['hidden']])}",
        disabled=["Track", "Face", "Seen, s", "Mostly"],
        column_config=_editor_columns(table["Track"].tolist()),
        row_height=52 if pictures else None,
    )
    try:
        return with_people(edits, changed)
    except InputError as error:
        st.error(str(error), icon=":material/error:")
        return edits


def _editor_columns(tracks: list[int]) -> dict[str, Any]:
    return {
        "Track": st.column_config.NumberColumn(width="small", help="The number that the person was found under"),
        "Face": st.column_config.ImageColumn(width="small"),
        "Name": st.column_config.TextColumn(max_chars=60),
        "Same as": st.column_config.SelectboxColumn(options=tracks, help="The track of the same person"),
        "Hide": st.column_config.CheckboxColumn(width="small"),
        "Seen, s": st.column_config.NumberColumn(format="%.1f"),
    }


def track_table(analysis: Analysis, edits: Edits, pictures: Mapping[int, str]) -> pd.DataFrame:
    """Return the editor's table: a row per track as it was found, with what was decided about it."""
    rows = [
        {
            "Track": track["track_id"],
            "Face": pictures.get(track["track_id"]),
            "Name": edits.names.get(track["track_id"], ""),
            "Same as": edits.merged.get(track["track_id"]),
            "Hide": track["track_id"] in edits.hidden,
            "Seen, s": track["seconds"],
            "Mostly": track["dominant"],
        }
        for track in summarise(analysis)["tracks"]
    ]
    columns = ["Track", "Face", "Name", "Same as", "Hide", "Seen, s", "Mostly"]
    table = pd.DataFrame(rows, columns=columns).astype({"Same as": "Int64", "Hide": bool})
    return table if pictures else table.drop(columns="Face")


def with_people(edits: Edits, table: pd.DataFrame) -> Edits:
    """Return edits with the names, merges and hidden tracks of an editor's table.

    Raises:
        InputError: Tracks are merged in a circle.
    """
    rows = table.astype(object).where(table.notna(), None).to_dict("records")
    names = {int(row["Track"]): str(row["Name"]).strip() for row in rows if row["Name"] and str(row["Name"]).strip()}
    merged = {int(row["Track"]): int(row["Same as"]) for row in rows if row["Same as"] not in {None, row["Track"]}}
    merged_into(merged)
    return replace(
        edits, names=names, merged=merged, hidden=frozenset(int(row["Track"]) for row in rows if row["Hide"])
    )


def show_people(analysis: Analysis, edits: Edits, pictures: Mapping[int, str], track: int | None) -> None:
    """Show everybody's figures, the shares of the one who is chosen, and where postures changed.

    Args:
        analysis: With its edits applied.
        edits: Whose names are shown.
        pictures: Faces as data URLs, by track.
        track: The person who is chosen; None for everybody.
    """
    _show_figures(analysis, edits, pictures)
    if track is not None:
        person = next(one for one in summarise(analysis)["tracks"] if one["track_id"] == track)
        donut, table = st.columns([2, 3], gap="medium", vertical_alignment="center")
        donut.altair_chart(share_donut(person["shares"]), width="stretch", key=f"donut_{track}")
        with table:
            shares_table(person["shares"])
    _show_postures(analysis, edits, track)


def _show_figures(analysis: Analysis, edits: Edits, pictures: Mapping[int, str]) -> None:
    table = people_table(analysis, edits.names)
    table.insert(0, "face", table["track_id"].map(pictures))
    if analysis.unclear_below > 0:
        table["unclear"] = [track["shares"][UNCLEAR] for track in summarise(analysis)["tracks"]]
    share = st.column_config.ProgressColumn("Smile index", format="percent", min_value=0, max_value=1)
    columns: dict[str, Any] = {
        "track_id": None,
        "face": st.column_config.ImageColumn("Face", width="small") if pictures else None,
        "person": "Person",
        "first_s": st.column_config.NumberColumn("From, s", format="%.1f"),
        "last_s": st.column_config.NumberColumn("To, s", format="%.1f"),
        "seconds": st.column_config.NumberColumn("Seen, s", format="%.1f"),
        "frames": st.column_config.NumberColumn("Frames", format="localized"),
        "dominant": "Dominant",
        "smile_index": share,
        "changes_per_minute": st.column_config.NumberColumn("Changes per minute", format="%.1f"),
        "steadiness": st.column_config.NumberColumn("Steadiness", format="%.2f", help=_STEADINESS),
        "unclear": st.column_config.ProgressColumn("Unclear", format="percent", min_value=0, max_value=1),
        "posture_changed_s": st.column_config.NumberColumn("Posture changed, s", format="%.1f", help=_POSTURE),
    }
    st.dataframe(table, hide_index=True, column_config=columns, row_height=52 if pictures else None)


def _show_postures(analysis: Analysis, edits: Edits, track: int | None) -> None:
    spans = posture_changes(analysis)
    spans = spans if track is None else spans[spans["track_id"] == track]
    if spans.empty:
        st.caption(f"No changed posture: {_POSTURE[0].lower()}{_POSTURE[1:]}")
        return
    with st.expander(f"Posture changed: {len(spans):,} spans", icon=":material/accessibility_new:"):
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
