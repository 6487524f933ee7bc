"""The timeline of a video: an overview to choose a part, and lanes that answer a click."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from emotion.analytics.charts import MOMENT, timeline_chart
from emotion.analytics.edits import Edits, Span
from emotion.analytics.lanes import MAX_LANES
from emotion.analytics.ribbon import ZOOM, overview_chart, zoomed_span
from emotion.analytics.unclear import answer_names, explain
from emotion.types import Analysis
from ui.widgets import chips

_SHORTEST_S = 4.0
"""A shorter video needs no overview: all of its frames fit."""


def show_timeline(
    analysis: Analysis, edits: Edits, time_s: float, key: str, on_moment: Callable[[float], None]
) -> None:
    """Show everybody's expressions over time.

    Args:
        analysis: With its edits applied.
        edits: Whose names are shown.
        time_s: The moment to mark.
        key: Names the charts within the visit.
        on_moment: Told the time, in seconds, of a moment that is clicked.
    """
    st.markdown("**Timeline**")
    st.caption(_hint(analysis))
    # The same tags as everywhere in place of the chart's own legend, which a phone would cut off.
    chips(answer_names(analysis.labels, analysis.unclear_below))
    span = _choose_span(analysis, key)
    st.altair_chart(
        timeline_chart(analysis, time_s, legend=False, names=edits.names, span=span),
        width="stretch",
        key=key,
        on_select=lambda: _take_click(key, on_moment),
        selection_mode=[MOMENT],
    )


def _hint(analysis: Analysis) -> str:
    people = analysis.timeline["track_id"].nunique()
    hint = (
        "How probable each expression is for each person; the ribbon below tells which one leads. "
        "Click a moment to go there. Dashed spans show no face."
    )
    if people > MAX_LANES:
        hint += f" Lanes are for the {MAX_LANES} people seen longest, out of {people}."
    if analysis.unclear_below > 0:
        hint += f" Where the ribbon is grey, it is unclear. {explain(analysis.unclear_below)}"
    return hint


def _take_click(key: str, on_moment: Callable[[float], None]) -> None:
    picked = st.session_state[key].selection.get(MOMENT)
    if picked:
        on_moment(float(picked[0]["time_s"]))


def _choose_span(analysis: Analysis, key: str) -> Span | None:
    """Show the overview, and return the part of the time that was chosen in it; None for all of it."""
    ends = analysis.frames["time_s"]
    if analysis.timeline.empty or float(ends.iloc[-1] - ends.iloc[0]) < _SHORTEST_S:
        return None
    # A new overview has no selection; that is how "all of it" is chosen.
    round_of = st.session_state.setdefault(f"{key}_round", 0)
    overview = f"{key}_overview_{round_of}"
    st.altair_chart(overview_chart(analysis), width="stretch", key=overview, on_select="rerun", selection_mode=[ZOOM])
    span = zoomed_span(st.session_state[overview].selection.get(ZOOM) or {})
    with st.container(horizontal=True, vertical_alignment="center"):
        if span is None:
            st.caption("Drag over the overview to look at a part more closely.")
        else:
            st.caption(f"From {span.start_s:.1f} to {span.end_s:.1f} s.")
            st.button("Show all", icon=":material/zoom_out_map:", key=f"{key}_all", on_click=_show_all, args=(key,))
    return span


def _show_all(key: str) -> None:
    st.session_state[f"{key}_round"] += 1
