"""Compares two people of a video, or two analyses, on one time axis."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import streamlit as st

from emotion.analytics.apply import apply_edits
from emotion.analytics.compare import Side, common_labels, comparison_figures
from emotion.analytics.edits import Edits
from emotion.analytics.people import person_name
from emotion.charts.events import comparison_chart
from emotion.errors import EmotionError
from emotion.library.read_upload import load_uploaded
from emotion.types import Analysis
from ui.common.charts import how_to_read, show_chart
from ui.common.plain import plain
from ui.common.shares import whole_percent
from ui.common.tables import csv_button, with_minus
from ui.common.uploads import take_uploads, uploader_key
from ui.common.widgets import chips
from ui.video.tabs.pair import show_pair
from ui.video.tabs.people import choose_person

_PERSON, _ANALYSIS = "Another person", "Another analysis"
_FILE = "A Parquet file"
_FIRST, _SECOND = "First person", "Second person"


class OtherAnalyses(Protocol):
    """A source of analyses to compare with."""

    def others(self) -> Mapping[str, str]:
        """Return id → title, newest first."""

    def load(self, analysis_id: str) -> tuple[Analysis, Edits]:
        """Return an analysis with its edits applied, and the edits."""


def show_comparison(analysis: Analysis, edits: Edits, key: str, library: OtherAnalyses | None = None) -> None:
    """Let the visitor choose two sides, and show them side by side.

    Args:
        analysis: The analysis with its edits applied, smoothed.
        edits: Its edits, for names.
        key: Prefix of the widgets' keys.
        library: Other analyses; a Parquet file is always possible.
    """
    kind = st.segmented_control(
        "Compare with", [_PERSON, _ANALYSIS], default=_PERSON, required=True, key=f"{key}_kind", persist_state="session"
    )
    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown("**First**")
        track = choose_person(analysis, edits, f"{key}_first", place=1, label=_FIRST)
        first = Side(_name(analysis, edits, track), analysis, track)
    with right:
        st.markdown("**Second**")
        second = _other_person(analysis, edits, key) if kind == _PERSON else _other_analysis(library, key)
        if second is None:
            return
        offset_s = st.number_input(
            "Time offset (s)",
            value=0.0,
            step=0.1,
            key=f"{key}_offset",
            persist_state="session",
            help="Added to the times of the second side",
        )
    _show(first, Side(second.name, second.analysis, second.track, offset_s), key)
    if kind == _PERSON:
        show_pair(analysis, edits, (first.track, second.track), f"{key}_pair")


def _name(analysis: Analysis, edits: Edits, track: int | None) -> str:
    return Path(analysis.source).stem if track is None else person_name(track, edits.names)


def _other_person(analysis: Analysis, edits: Edits, key: str) -> Side | None:
    if analysis.timeline["track_id"].nunique() < 2:
        st.info("There is only one person. Compare with another analysis instead.", icon=":material/person:")
        return None
    track = choose_person(analysis, edits, f"{key}_second", place=2, label=_SECOND)
    return Side(_name(analysis, edits, track), analysis, track)


def _other_analysis(library: OtherAnalyses | None, key: str) -> Side | None:
    titles = {} if library is None else library.others()
    if library is None or not titles:
        return _other_file(key)
    chosen = st.selectbox(
        "Analysis",
        [*titles, _FILE],
        format_func=lambda one: titles.get(one, one),
        key=f"{key}_of_{len(titles)}",
        persist_state="session",
    )
    if chosen == _FILE:
        return _other_file(key)
    try:
        other, edits = library.load(chosen)
    except EmotionError as error:
        st.error(plain(error), icon=":material/broken_image:")
        return None
    track = choose_person(other, edits, f"{key}_of_{chosen}", label=_SECOND)
    name = titles[chosen] if track is None else f"{person_name(track, edits.names)}, {titles[chosen]}"
    return Side(name, other, track)


def _other_file(key: str) -> Side | None:
    name = f"{key}_parquet"
    st.file_uploader(
        "Timeline as Parquet",
        ["parquet"],
        key=uploader_key(name),
        on_change=_take_file,
        args=(key,),
        help="A download of another analysis",
    )
    if error := st.session_state.get(f"{key}_other_error"):
        st.error(plain(error), icon=":material/error:")
    loaded: tuple[Analysis, Edits] | None = st.session_state.get(f"{key}_other")
    if loaded is None:
        return None
    other, edits = loaded
    st.caption(f"{plain(other.source)} · {len(other.frames):,} frames")
    track = choose_person(other, edits, f"{key}_other_person", label=_SECOND)
    return Side(_name(other, edits, track), other, track)


def _take_file(key: str) -> None:
    st.session_state[f"{key}_other_error"] = ""
    for upload in take_uploads(f"{key}_parquet"):
        try:
            analysis, edits = load_uploaded(upload.getvalue(), upload.name)
            st.session_state[f"{key}_other"] = apply_edits(analysis, edits), edits
        except EmotionError as error:
            st.session_state[f"{key}_other_error"] = str(error)


def _show(first: Side, second: Side, key: str) -> None:
    labels = common_labels(first, second)
    if not labels:
        st.info("The two models have no expression in common.", icon=":material/label_off:")
        return
    wanted = [label for label in labels if label in {"happiness", "neutral"}] or list(labels[:2])
    chosen = st.multiselect("Expressions", labels, default=wanted, key=f"{key}_labels", persist_state="session")
    if chosen:
        chips(chosen)
        show_chart(comparison_chart(first, second, chosen), f"{key}_chart", "comparison")
    figures = comparison_figures(first, second)
    if figures.empty:
        st.info("The two sides never show a face at the same time.", icon=":material/timer_off:")
        return
    columns: dict[str, Any] = {
        "emotion": "Expression",
        "first": st.column_config.NumberColumn(first.name, format="percent"),
        "second": st.column_config.NumberColumn(second.name, format="percent"),
        "difference": st.column_config.NumberColumn("Difference, points"),
        "correlation": st.column_config.NumberColumn("Correlation"),
    }
    points = whole_percent(figures.assign(difference=100 * figures["difference"]), "first", "second")
    shown = with_minus(points, difference="+z.0f", correlation="z.2f")
    st.dataframe(shown, hide_index=True, placeholder="–", column_config=columns)
    csv_button("Comparison", figures, f"{key}_csv")
    how_to_read(
        "The curves are probabilities of an expression, one line per side, with two letters of the expression at the "
        "highest point.",
        "Mean probabilities while both sides show a face, their difference (second minus first) in percentage points, "
        "and Pearson's correlation of the two curves. "
        "Neighbouring moments are similar, so the correlation of short clips says little.",
    )
