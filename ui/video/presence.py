"""Who faces the camera, has the mouth open, and how alike a face stays."""

from __future__ import annotations

import streamlit as st

from emotion.analytics.edits import Edits
from emotion.analytics.lanes import longest_seen
from emotion.analytics.people import POSTURE_CHANGED_BELOW, person_name
from emotion.analytics.presence import (
    FACING_PITCH_DEG,
    FACING_YAW_DEG,
    MOUTH_OPEN,
    presence_of,
)
from emotion.charts.presence import presence_chart, steadiness_chart
from emotion.types import Analysis
from ui.common.shares import share_column, whole_percent
from ui.common.widgets import plain

_HOW = (
    f"Facing the camera: the head is turned by at most {FACING_YAW_DEG:.0f}° to a side and {FACING_PITCH_DEG:.0f}° up "
    "or down. Where the eyes look is not measured. "
    f"A mouth is open where its height is over {MOUTH_OPEN:.0%} of its width."
)
_STEADY = (
    "How alike the aligned face is to the first one seen of this person (SSIM, 1 is the same picture). Under "
    f"the dashed line, {POSTURE_CHANGED_BELOW}, the face has moved, or is lit or covered otherwise."
)
_MOST_PEOPLE = 20


def show_presence(analysis: Analysis, edits: Edits, track: int | None, key: str) -> None:
    """Show a person's presence and steadiness over time, and everybody's as a table.

    Args:
        analysis: With its edits applied.
        edits: Whose names are shown.
        track: The person who is chosen; None for whoever is seen longest.
        key: Names these widgets within the visit.
    """
    shown = track if track is not None else longest_seen(analysis.timeline, 1)[0]
    st.markdown(f"**Presence** of {plain(person_name(shown, edits.names))}")
    st.altair_chart(presence_chart(analysis, shown), width="stretch", key=f"{key}_presence")
    st.caption(_HOW)
    st.markdown("**Steadiness**")
    st.altair_chart(steadiness_chart(analysis, shown), width="stretch", key=f"{key}_steadiness")
    st.caption(_STEADY)
    _show_everybody(analysis, edits)


def _show_everybody(analysis: Analysis, edits: Edits) -> None:
    people = longest_seen(analysis.timeline, _MOST_PEOPLE)
    timeline = analysis.timeline
    table = presence_of(timeline[timeline["track_id"].isin(people)]).reset_index()
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
