"""A person's baseline: choose a span in which the face is at rest, and see everything relative to it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import streamlit as st

from emotion.analytics.baseline import RELATIVE, relative_figures
from emotion.analytics.edits import Edits, Span
from emotion.analytics.people import person_name
from emotion.analytics.time_range import part_of
from emotion.charts.events import relative_chart
from emotion.errors import InputError
from emotion.types import Analysis
from ui.common.widgets import plain

_FIRST_GUESS_S = 3.0


def edit_baseline(analysis: Analysis, edits: Edits, track: int | None, key: str) -> Edits:
    """Show a person's baseline and what follows from it, and return the edits as they are now.

    Args:
        analysis: With its edits applied, smoothed as somebody chose.
        edits: With the baselines chosen until now.
        track: The person; None asks to choose one.
        key: Names these widgets within the visit.
    """
    st.caption("Some faces look sad or angry at rest. Choose a span in which this face is at rest to take that out.")
    if track is None:
        st.info("Choose a person above: a baseline is of one face.", icon=":material/person_search:")
        return edits
    chosen = _choose_span(analysis, edits, track, key)
    baseline = chosen.baselines.get(track)
    if chosen != edits:
        return chosen
    if baseline is None:
        name = plain(person_name(track, edits.names))
        st.info(f"{name} has no baseline yet.", icon=":material/flag:")
        return edits
    try:
        _show_relative(analysis, track, baseline, key)
    except InputError as error:
        st.error(str(error), icon=":material/error:")
    return edits


def _choose_span(analysis: Analysis, edits: Edits, track: int, key: str) -> Edits:
    times = part_of(analysis, track=track).timeline["time_s"]
    first, end = float(times.iloc[0]), float(analysis.frames["time_s"].iloc[-1])
    now = edits.baselines.get(track) or Span(first, min(first + _FIRST_GUESS_S, max(end, first)))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        start_s = st.number_input(
            "From, s", 0.0, value=float(now.start_s), step=0.1, key=f"{key}_from_{track}", width=130
        )
        end_s = st.number_input("To, s", 0.0, value=float(now.end_s), step=0.1, key=f"{key}_to_{track}", width=130)
        taken = st.button("Set as baseline", icon=":material/flag:", key=f"{key}_set")
        marked = track in edits.baselines and st.button("Remove", icon=":material/close:", key=f"{key}_remove")
    others = {one: span for one, span in edits.baselines.items() if one != track}
    if marked:
        return replace(edits, baselines=others)
    if taken:
        try:
            return replace(edits, baselines=others | {track: Span(start_s, end_s)})
        except InputError as error:
            st.error(str(error), icon=":material/error:")
    return edits


def _show_relative(analysis: Analysis, track: int, baseline: Span, key: str) -> None:
    table = relative_figures(analysis, track, baseline)
    largest = table[table["figure"].str.startswith("probability of")].set_index("figure")["difference"].abs()
    shown = [name.removeprefix("probability of ") for name in largest.nlargest(3).index]
    labels = st.multiselect("Expressions", analysis.labels, default=shown, key=f"{key}_labels_{track}")
    if labels:
        chart = relative_chart(analysis, track, baseline, labels)
        st.altair_chart(chart, width="stretch", key=f"{key}_relative")
    st.caption(f"{RELATIVE} The baseline is tinted.")
    columns: dict[str, Any] = {
        "figure": "Figure",
        "baseline": st.column_config.NumberColumn("In the baseline", format="%.3f"),
        "whole": st.column_config.NumberColumn("In all of the video", format="%.3f"),
        "difference": st.column_config.NumberColumn("Difference", format="%+.3f"),
    }
    st.dataframe(table, hide_index=True, column_config=columns, height=320)
