"""Episodes as a table, transitions as a matrix, expressions over time as a heat map."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from emotion.analytics.derived import INTENSITY, VALENCE, can_derive
from emotion.analytics.edits import Edits
from emotion.analytics.episodes import episodes, transitions
from emotion.analytics.people import person_name
from emotion.charts.insight import derived_chart, heat_chart, path_chart, transition_chart
from emotion.types import Analysis
from ui.common.charts import show_chart
from ui.common.plain import plain
from ui.common.shares import share_column, whole_percent
from ui.common.tables import csv_button

_SHOWN = 500
"""Episodes in the table on the page; the download has all."""

_TRANSITIONS = (
    "Rows: expression before; columns: expression after. Stronger colour: larger count, or larger share of the row. "
    "Only changes while a face is seen without a break are counted. Smoothing removes flicker."
)
_HEAT = "Each row is an expression. Stronger colour: higher mean probability in that span. Gaps: **not seen**."


def show_episodes(analysis: Analysis, edits: Edits, track: int | None, key: str) -> None:
    """Show the episodes of an analysis and the transitions between expressions.

    Args:
        analysis: The analysis with its edits applied, smoothed.
        edits: Its edits, for names.
        track: The chosen person; None for everybody.
        key: Prefix of the widgets' keys.
    """
    st.markdown("**Episodes**: uninterrupted runs of one leading expression")
    min_s = st.slider("Shortest episode, s", 0.0, 5.0, 0.5, 0.1, key=f"{key}_min_s", persist_state="session")
    table = episodes(analysis, min_s)
    table = table if track is None else table[table["track_id"] == track]
    if table.empty:
        st.info(f"No episode lasts {min_s:.1f} s or longer.", icon=":material/hourglass_empty:")
    else:
        _show_table(table, edits, key)
    _show_transitions(analysis, track, key)


def _show_table(table: pd.DataFrame, edits: Edits, key: str) -> None:
    table = table.assign(person=[person_name(int(track), edits.names) for track in table["track_id"]])
    table = table[["person", "start_s", "end_s", "duration_s", "emotion", "mean_probability", "peak_probability"]]
    columns: dict[str, Any] = {
        "person": "Person",
        "start_s": st.column_config.NumberColumn("From, s", format="%.2f"),
        "end_s": st.column_config.NumberColumn("To, s", format="%.2f"),
        "duration_s": st.column_config.NumberColumn("Duration, s", format="%.2f"),
        "emotion": "Expression",
        "mean_probability": share_column("Mean probability"),
        "peak_probability": share_column("Peak"),
    }
    shown = table if len(table) <= _SHOWN else table.nlargest(_SHOWN, "duration_s").sort_index()
    if len(shown) < len(table):
        st.caption(f"The {_SHOWN} longest of {len(table):,}; the download has all.")
    shown = whole_percent(shown, "mean_probability", "peak_probability")
    st.dataframe(shown, hide_index=True, column_config=columns, height=320 if len(shown) > 8 else "content")
    csv_button("Episodes", table, f"{key}_episodes_csv")


def _show_transitions(analysis: Analysis, track: int | None, key: str) -> None:
    counts = transitions(analysis, track)
    st.markdown("**Transitions**: which expression followed which")
    if not counts.to_numpy().any():
        st.info("The leading expression never changed while a face was seen.", icon=":material/horizontal_rule:")
        return
    unit = st.segmented_control(
        "Cells show", ["Counts", "Shares"], default="Counts", required=True, key=f"{key}_unit", persist_state="session",
        label_visibility="collapsed",
    )  # fmt: skip
    chart = transition_chart(counts, as_shares=unit == "Shares")
    show_chart(chart, f"{key}_transitions", "transitions", how=[_TRANSITIONS])


def show_over_time(analysis: Analysis, edits: Edits, track: int | None, key: str) -> None:
    """Show the heat map of an analysis and, for one person, derived measures.

    Args:
        analysis: The analysis with its edits applied, smoothed.
        edits: Its edits, for names.
        track: The chosen person; None for everybody.
        key: Prefix of the widgets' keys.
    """
    st.markdown("**Expression by time**")
    show_chart(heat_chart(analysis, track), f"{key}_heat", "heat", how=[_HEAT])
    st.markdown("**Derived measures**")
    if not can_derive(analysis.labels):
        st.info("This model lacks expressions that the formulas need.", icon=":material/functions:")
        return
    if track is None:
        st.info("Choose a person above to see their valence and intensity.", icon=":material/person_search:")
        return
    show_chart(derived_chart(analysis, "valence", track), f"{key}_valence", "valence", how=[VALENCE])
    show_chart(derived_chart(analysis, "intensity", track), f"{key}_intensity", "intensity", how=[INTENSITY])
    path = (
        f"Path of {plain(person_name(track, edits.names))} through both measures, from pale (early) to dark (late). "
        "Arousal is not shown: it cannot be derived from the probabilities of expressions."
    )
    show_chart(path_chart(analysis, track), f"{key}_path", "path", how=[path])
