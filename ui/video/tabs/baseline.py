"""A person's baseline: values relative to a span in which the face is at rest."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import streamlit as st

from emotion.analytics.apply import part_of
from emotion.analytics.baseline import RELATIVE, relative_figures
from emotion.analytics.edits import Edits, Span
from emotion.analytics.people import person_name
from emotion.charts.events import relative_chart
from emotion.errors import InputError
from emotion.labels import display_order
from emotion.types import Analysis
from ui.common.charts import show_chart
from ui.common.plain import plain
from ui.common.tables import csv_button
from ui.common.widgets import chips

_FIRST_GUESS_S = 3.0


def edit_baseline(analysis: Analysis, edits: Edits, track: int | None, key: str) -> Edits:
    """Show a person's baseline and the differences from it, and return the changed edits.

    Args:
        analysis: The analysis with its edits applied, smoothed.
        edits: The current edits.
        track: The person; None asks the visitor to choose one.
        key: Prefix of the widgets' keys.
    """
    st.caption("Some faces look sad or angry at rest. Choose a span in which this face is at rest to correct for that.")
    if track is None:
        st.info("Choose a person above: a baseline belongs to one face.", icon=":material/person_search:")
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
        st.error(plain(error), icon=":material/error:")
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
            st.error(plain(error), icon=":material/error:")
    return edits


def _show_relative(analysis: Analysis, track: int, baseline: Span, key: str) -> None:
    table = relative_figures(analysis, track, baseline)
    largest = table[table["figure"].str.startswith("probability of")].set_index("figure")["difference"].abs()
    shown = [name.removeprefix("probability of ") for name in largest.nlargest(3).index]
    labels = st.multiselect("Expressions", display_order(analysis.labels), default=shown, key=f"{key}_labels_{track}")
    if labels:
        chips(labels)
        chart = relative_chart(analysis, track, baseline, labels)
        show_chart(chart, f"{key}_relative", "relative", how=[f"{RELATIVE} The baseline span is tinted."])
    columns: dict[str, Any] = {
        "figure": "Figure",
        "baseline": st.column_config.NumberColumn("Baseline", format="%.3f"),
        "whole": st.column_config.NumberColumn("Whole video", format="%.3f"),
        "difference": st.column_config.NumberColumn("Difference", format="%+.3f"),
    }
    st.dataframe(table, hide_index=True, column_config=columns, height=320)
    csv_button("Baseline", table, f"{key}_csv_{track}")
