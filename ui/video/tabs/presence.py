"""Presence: facing the camera, open mouth, and steadiness of the face."""

from __future__ import annotations

import streamlit as st

from emotion.analytics.edits import Edits
from emotion.analytics.lanes import MAX_LANES, longest_seen
from emotion.analytics.people import POSTURE_CHANGED_BELOW, person_name
from emotion.analytics.presence import (
    FACING_PITCH_DEG,
    FACING_YAW_DEG,
    MOUTH_OPEN,
    presence_of,
)
from emotion.charts.presence import presence_chart, steadiness_chart
from emotion.types import Analysis
from ui.common.charts import how_to_read, show_chart
from ui.common.plain import plain
from ui.common.shares import share_column, whole_percent
from ui.common.tables import csv_button

_HOW = (
    f"Facing the camera: the head is turned at most {FACING_YAW_DEG:.0f}° sideways and {FACING_PITCH_DEG:.0f}° up or "
    "down, wherever the eyes look. "
    f"Mouth open: its height is over {MOUTH_OPEN:.0%} of its width."
)
_STEADY = (
    "Similarity of the aligned face to this person's reference face (SSIM; 1 means identical). Under the dashed line, "
    f"{POSTURE_CHANGED_BELOW}, the person moved, or the light or something in front of the face changed."
)
_MOST_PEOPLE = 20


def show_presence(analysis: Analysis, edits: Edits, track: int | None, key: str) -> None:
    """Show presence and steadiness over time, and everybody's presence as a table.

    Args:
        analysis: The analysis with its edits applied.
        edits: Its edits, for names.
        track: The chosen person; None for everybody.
        key: Prefix of the widgets' keys.
    """
    people = longest_seen(analysis.timeline, MAX_LANES) if track is None else [track]
    for name, chart, how in (("presence", presence_chart, _HOW), ("steadiness", steadiness_chart, _STEADY)):
        st.markdown(f"**{name.capitalize()}**")
        for person in people:
            st.caption(plain(person_name(person, edits.names)))
            show_chart(chart(analysis, person), f"{key}_{name}_{person}", name)
        how_to_read(how)
    count = analysis.timeline["track_id"].nunique()
    if track is None and count > len(people):
        st.caption(
            f"Charts show the {len(people)} people seen longest, out of {count:,}. Choose a person to see another."
        )
    _show_table(analysis, edits, key)


def _show_table(analysis: Analysis, edits: Edits, key: str) -> None:
    people = longest_seen(analysis.timeline, _MOST_PEOPLE)
    timeline = analysis.timeline
    table = presence_of(timeline[timeline["track_id"].isin(people)], analysis.frames).reset_index()
    table.insert(0, "person", [person_name(int(one), edits.names) for one in table.pop("track_id")])
    st.dataframe(
        whole_percent(table, "facing_share", "mouth_open_share"),
        hide_index=True,
        column_config={
            "person": "Person",
            "facing_share": share_column("Facing the camera"),
            "mouth_open_share": share_column("Mouth open"),
        },
    )
    csv_button("Presence", table, f"{key}_csv")
