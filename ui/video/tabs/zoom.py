"""A span of the video in detail: an overview to choose it, and interactive lanes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import streamlit as st

from emotion.analytics.abstention import explain
from emotion.analytics.edits import Edits, Span
from emotion.analytics.lanes import MAX_LANES
from emotion.charts.ribbon import ZOOM, overview_chart, zoomed_span
from emotion.charts.timeline import MOMENT, timeline_chart
from emotion.types import Analysis
from ui.common.charts import how_to_read, show_chart
from ui.common.theme import chart_text_colour

_SHORTEST_S = 4.0
"""Shorter videos need no zoom, because the player shows all their frames."""


def show_zoom(analysis: Analysis, edits: Edits, key: str, on_moment: Callable[[float], None]) -> None:
    """Show an overview, and everybody's expressions in the span chosen in it.

    Args:
        analysis: The analysis with its edits applied.
        edits: Its edits, for names.
        key: Prefix of the charts' keys.
        on_moment: Called with the time in seconds of a click.
    """
    ends = analysis.frames["time_s"]
    if analysis.timeline.empty or float(ends.iloc[-1] - ends.iloc[0]) < _SHORTEST_S:
        return
    st.markdown("**What happened in a short span?** Drag over a part of the overview.")
    span = _choose_span(analysis, edits.names, key)
    if span is not None:
        chart = timeline_chart(analysis, names=edits.names, span=span)
        show_chart(chart, key, "timeline", on_select=lambda: _take_click(key, on_moment), selection_mode=[MOMENT])
    how_to_read(*_explanation(analysis))


def _explanation(analysis: Analysis) -> list[str]:
    people = analysis.timeline["track_id"].nunique()
    few = f"Only the {MAX_LANES} people seen longest are shown, out of {people:,}." if people > MAX_LANES else ""
    unclear = f"Light grey with “?”: **unclear** (neutral is dark grey). {explain(analysis.abstain_below)}"
    return [
        "The overview has one ribbon per person, in the colour and with two letters of the leading expression. "
        "Gaps: **not seen**.",
        "In the span, each colour is as high as the probability of its expression. Point at a moment for its values; "
        "click to move the player there. Dashed: no face found.",
        unclear if analysis.abstain_below > 0 else "",
        few,
    ]


def _take_click(key: str, on_moment: Callable[[float], None]) -> None:
    picked = st.session_state[key].selection.get(MOMENT)
    if picked:
        on_moment(float(picked[0]["time_s"]))


def _choose_span(analysis: Analysis, names: Mapping[int, str], key: str) -> Span | None:
    """Show the overview, and return the span chosen in it; None for none."""
    # A new key clears the selection.
    round_of = st.session_state.setdefault(f"{key}_round", 0)
    overview = f"{key}_overview_{round_of}"
    chart = overview_chart(analysis, ink=chart_text_colour(), names=names)
    st.altair_chart(chart, width="stretch", key=overview, on_select="rerun", selection_mode=[ZOOM])
    span = zoomed_span(st.session_state[overview].selection.get(ZOOM) or {})
    if span is not None:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(f"From {span.start_s:.1f} to {span.end_s:.1f} s.")
            st.button("Close", icon=":material/close:", key=f"{key}_close", on_click=_close, args=(key,))
    return span


def _close(key: str) -> None:
    st.session_state[f"{key}_round"] += 1
