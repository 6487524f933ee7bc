"""The zoomed timeline: an overview to choose a span, and interactive lanes of that span."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from emotion.analytics.abstention import explain
from emotion.analytics.edits import Edits, Span
from emotion.analytics.lanes import MAX_LANES
from emotion.charts.ribbon import ZOOM, overview_chart, zoomed_span
from emotion.charts.timeline import MOMENT, timeline_chart
from emotion.types import Analysis
from ui.common.charts import show_chart
from ui.common.theme import chart_text_colour

_SHORTEST_S = 4.0
"""Shorter videos need no overview, because all their frames fit."""


def show_timeline(
    analysis: Analysis, edits: Edits, time_s: float, key: str, on_moment: Callable[[float], None]
) -> None:
    """Show an overview, and everybody's expressions in the span chosen in it.

    The player's chart shows the whole video; it is repeated here only for short videos.

    Args:
        analysis: The analysis with its edits applied.
        edits: Its edits, for names.
        time_s: The moment to mark.
        key: Prefix of the charts' keys.
        on_moment: Called with the time in seconds of a click.
    """
    st.markdown("**Zoom**")
    whole = _is_short(analysis)
    st.caption(_hint(analysis, whole))
    span = None if whole else _choose_span(analysis, key)
    if whole or span is not None:
        show_chart(
            timeline_chart(analysis, time_s, legend=False, names=edits.names, span=span),
            key,
            "timeline",
            on_select=lambda: _take_click(key, on_moment),
            selection_mode=[MOMENT],
        )


def _is_short(analysis: Analysis) -> bool:
    ends = analysis.frames["time_s"]
    return analysis.timeline.empty or float(ends.iloc[-1] - ends.iloc[0]) < _SHORTEST_S


def _hint(analysis: Analysis, whole: bool) -> str:
    people = analysis.timeline["track_id"].nunique()
    hint = "" if whole else "Drag over the overview to zoom in. "
    hint += "Point at a moment for its values, click to move the player there. Dashed: no face found."
    if people > MAX_LANES:
        hint += f" Shows the {MAX_LANES} people seen longest, out of {people:,}."
    if analysis.abstain_below > 0:
        hint += f" Light grey: unclear (neutral is dark grey). {explain(analysis.abstain_below)}"
    return hint


def _take_click(key: str, on_moment: Callable[[float], None]) -> None:
    picked = st.session_state[key].selection.get(MOMENT)
    if picked:
        on_moment(float(picked[0]["time_s"]))


def _choose_span(analysis: Analysis, key: str) -> Span | None:
    """Show the overview, and return the span chosen in it; None for none."""
    # A new key clears the selection.
    round_of = st.session_state.setdefault(f"{key}_round", 0)
    overview = f"{key}_overview_{round_of}"
    chart = overview_chart(analysis, ink=chart_text_colour())
    st.altair_chart(chart, width="stretch", key=overview, on_select="rerun", selection_mode=[ZOOM])
    span = zoomed_span(st.session_state[overview].selection.get(ZOOM) or {})
    if span is not None:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(f"From {span.start_s:.1f} to {span.end_s:.1f} s.")
            st.button("Close", icon=":material/close:", key=f"{key}_close", on_click=_close, args=(key,))
    return span


def _close(key: str) -> None:
    st.session_state[f"{key}_round"] += 1
