"""A person's baseline: values relative to a span in which the face is at rest."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import streamlit as st

from emotion.analytics.apply import part_of
from emotion.analytics.baseline import RELATIVE, check_baseline, relative_figures
from emotion.analytics.edits import Span
from emotion.analytics.people import person_name
from emotion.charts.events import relative_chart
from emotion.errors import InputError
from emotion.labels import display_order
from emotion.types import Analysis
from ui.common.charts import show_chart
from ui.common.errors import run_action, show_failure
from ui.common.plain import plain
from ui.common.tables import csv_button, with_minus
from ui.common.widgets import chips
from ui.video.tabs.page_edits import HasEdits

_FIRST_GUESS_S = 3.0


def edit_baseline(analysis: Analysis, holder: HasEdits, track: int | None, key: str) -> None:
    """Let the visitor set a person's baseline, and show the differences from it.

    Args:
        analysis: The analysis with its edits applied, smoothed.
        holder: Holds the edits.
        track: The person; None asks the visitor to choose one.
        key: Prefix of the widgets' keys.
    """
    st.caption("Some faces look sad or angry at rest. Choose a span in which this face is at rest to correct for that.")
    if track is None:
        st.info("Choose a person above: a baseline belongs to one face.", icon=":material/person_search:")
        return
    _choose_span(analysis, holder, track, key)
    baseline = holder.edits.baselines.get(track)
    if baseline is None:
        name = plain(person_name(track, holder.edits.names))
        st.info(f"{name} has no baseline yet.", icon=":material/flag:")
        return
    try:
        _show_relative(analysis, track, baseline, key)
    except InputError as error:
        st.error(plain(error), icon=":material/error:")


def _choose_span(analysis: Analysis, holder: HasEdits, track: int, key: str) -> None:
    times = part_of(analysis, track=track).timeline["time_s"]
    first, end = float(times.iloc[0]), float(analysis.frames["time_s"].iloc[-1])
    now = holder.edits.baselines.get(track) or Span(first, min(first + _FIRST_GUESS_S, max(end, first)))
    fields, failure = (f"{key}_from_{track}", f"{key}_to_{track}"), f"{key}_failure_{track}"

    def save() -> None:
        span = Span(*(float(st.session_state[field]) for field in fields))
        check_baseline(analysis, track, span)
        holder.edits = replace(holder.edits, baselines={**holder.edits.baselines, track: span})

    def remove() -> None:
        kept = {one: span for one, span in holder.edits.baselines.items() if one != track}
        holder.edits = replace(holder.edits, baselines=kept)

    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.number_input("From, s", 0.0, value=float(now.start_s), step=0.1, key=fields[0], width=130)
        st.number_input("To, s", 0.0, value=float(now.end_s), step=0.1, key=fields[1], width=130)
        st.button(
            "Set as baseline", icon=":material/flag:", key=f"{key}_set", on_click=run_action, args=(failure, save)
        )
        if track in holder.edits.baselines:
            st.button(
                "Remove", icon=":material/close:", key=f"{key}_remove", on_click=run_action, args=(failure, remove)
            )
    show_failure(failure)


def _show_relative(analysis: Analysis, track: int, baseline: Span, key: str) -> None:
    table = relative_figures(analysis, track, baseline)
    largest = table[table["figure"].str.startswith("probability of")].set_index("figure")["difference"].abs()
    shown = [name.removeprefix("probability of ") for name in largest.nlargest(3).index]
    labels = st.multiselect(
        "Expressions",
        display_order(analysis.labels),
        default=shown,
        key=f"{key}_labels_{track}",
        persist_state="session",
    )
    if labels:
        chips(labels)
        chart = relative_chart(analysis, track, baseline, labels)
        show_chart(chart, f"{key}_relative", "relative", how=[f"{RELATIVE} The baseline span is tinted."])
    columns: dict[str, Any] = {
        "figure": "Figure",
        "baseline": "Baseline",
        "whole": "Whole video",
        "difference": "Difference",
    }
    st.dataframe(with_minus(table, difference="+z.3f"), hide_index=True, column_config=columns, height=320)
    csv_button("Baseline", table, f"{key}_csv_{track}")
