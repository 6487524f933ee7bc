"""Charts of comparisons: before and after an event, a face and its baseline, two sides."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Sequence

import altair as alt
import numpy as np
import pandas as pd

from emotion.analytics.apply import part_of
from emotion.analytics.baseline import baseline_means
from emotion.analytics.compare import Side, on_one_axis
from emotion.analytics.edits import Span
from emotion.analytics.lanes import resample
from emotion.analytics.timeline import probability_columns
from emotion.charts.common import (
    EDGE,
    INK,
    finish,
    interval_tooltips,
    label_colour,
    run_numbers,
    zero_rule,
)
from emotion.charts.times import ends_of, moment_tooltip, seconds_axis, with_times
from emotion.labels import SHORT
from emotion.types import Analysis

_POINTS = 2000
"""Points of all lines of a chart; with dots, there are twice as many marks."""

_ROW_PX = 30
_NAME_LETTERS = 32
"""Letters of a name in a line of a legend that fits a phone."""
_NAME_LINE_PX = 16

_NO_PLUS_ZERO = "datum.value === 0 ? '0%' : datum.label"


def before_after_chart(effects: pd.DataFrame) -> alt.LayerChart:
    """Return each expression's change after an event, with its interval.

    Args:
        effects: Table of :func:`emotion.analytics.event_figures.before_after`.
    """
    labels = effects["emotion"].tolist()
    base = alt.Chart(effects, height=_ROW_PX * len(labels) + 60).encode(
        y=alt.Y("emotion:N", sort=labels, title=None, axis=alt.Axis(ticks=False, domain=False, labelPadding=6)),
        tooltip=[
            alt.Tooltip("emotion:N", title="Expression"),
            alt.Tooltip("before:Q", format=".1%", title="Before"),
            alt.Tooltip("after:Q", format=".1%", title="After"),
            alt.Tooltip("effect:Q", format="+.1%", title="Difference"),
            *interval_tooltips("+.1%"),
        ],
    )
    x = alt.X(
        "effect:Q",
        title="Mean probability after − before",
        axis=alt.Axis(format="+.0%", labelExpr=_NO_PLUS_ZERO, tickCount=7),
    )
    bars = base.mark_bar(size=14).encode(x=x, color=label_colour(labels, legend=None))
    whiskers = (
        base.transform_filter("isValid(datum.low)").mark_rule(strokeWidth=2, color=INK).encode(x="low:Q", x2="high:Q")
    )
    zero = alt.Chart(pd.DataFrame({"effect": [0.0]})).mark_rule(color=EDGE).encode(x="effect:Q")
    return finish(bars + zero + whiskers, "Change of each expression's mean probability after an event")


def relative_chart(analysis: Analysis, track: int, span: Span, labels: Sequence[str]) -> alt.LayerChart:
    """Return a person's probabilities relative to their baseline over time, with the baseline tinted.

    Args:
        analysis: The analysis, possibly edited and smoothed.
        track: The person.
        span: Their baseline.
        labels: The expressions to draw.

    Raises:
        InputError: The person is not seen in the span.
    """
    means = baseline_means(analysis, track, span)
    rows = part_of(analysis, track=track).timeline
    spans = resample(rows, analysis.frames, _POINTS // max(len(labels), 1))
    long = _long(spans.assign(time_s=spans["start_s"], run=run_numbers(spans["span"])), labels, ["time_s", "run"])
    long = long.assign(value=long["value"] - long["emotion"].map(means))
    lines = (
        with_times(alt.Chart(long, height=280), "time_s")
        .mark_line(strokeWidth=1.8, point={"size": 10})
        .encode(
            x=seconds_axis(domain=ends_of(long["time_s"], pd.Series([span.start_s, span.end_s]))),
            y=alt.Y(
                "value:Q",
                title="Relative to the baseline",
                axis=alt.Axis(format="+.0%", labelExpr=_NO_PLUS_ZERO, tickCount=6),
            ),
            color=label_colour(list(labels), legend=None),
            detail="run:N",
            tooltip=[
                alt.Tooltip("emotion:N", title="Expression"),
                moment_tooltip(),
                alt.Tooltip("value:Q", format="+.1%", title="Relative to the baseline"),
            ],
        )
    )
    tint = alt.Chart(pd.DataFrame({"from": [span.start_s], "to": [span.end_s]}))
    rest = tint.mark_rect(fill=EDGE, opacity=0.18).encode(x="from:Q", x2="to:Q")
    return finish(
        rest + zero_rule(strokeDash=[3, 3]) + lines + _peak_letters(long, ["emotion"]),
        "Probability of each expression relative to the person's baseline",
    )


def comparison_chart(first: Side, second: Side, labels: Sequence[str]) -> alt.LayerChart:
    """Return the probabilities of two sides on one time axis, the first solid, the second dashed.

    Args:
        first: One side.
        second: The other side.
        labels: The expressions to draw, which both sides must know.
    """
    table = on_one_axis(first, second, _POINTS // max(2 * len(labels), 1))
    runs = np.concatenate([[], *(run_numbers(part["bin"]) for _, part in table.groupby("side", sort=True))])
    names = [first.name, second.name] if first.name != second.name else [f"{first.name} (1)", f"{second.name} (2)"]
    table = table.assign(run=runs, who=[names[int(side)] for side in table["side"]])
    wrapped = [textwrap.wrap(name, _NAME_LETTERS) for name in names]
    # The legend takes its room from the height.
    legend_px = _NAME_LINE_PX * (sum(map(len, wrapped)) - 1) if _is_long(wrapped) else 0
    dash = alt.StrokeDash(
        "who:N",
        scale=alt.Scale(domain=names, range=[[1, 0], [5, 4]]),
        legend=_side_legend(names, wrapped),
    )
    long = _long(table, labels, ["time_s", "run", "who"])
    lines = (
        with_times(alt.Chart(long, height=300 + legend_px), "time_s")
        .mark_line(strokeWidth=2)
        .encode(
            x=seconds_axis(domain=ends_of(long["time_s"])),
            y=alt.Y("value:Q", title="Mean probability", scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format="%")),
            color=label_colour(list(labels), legend=None),
            strokeDash=dash,
            detail="run:N",
            tooltip=[
                alt.Tooltip("who:N", title="Of"),
                alt.Tooltip("emotion:N", title="Expression"),
                moment_tooltip(),
                alt.Tooltip("value:Q", format=".0%", title="Mean probability"),
            ],
        )
    )
    return finish(
        lines + _peak_letters(long, ["emotion", "who"]),
        f"Mean probability of each expression over time: {names[0]} solid, {names[1]} dashed",
    )


def _is_long(wrapped: Sequence[Sequence[str]]) -> bool:
    """Return whether the names are too long to stand side by side on a phone; each then gets its own row."""
    return sum(len(line) for lines in wrapped for line in lines) > _NAME_LETTERS


def _side_legend(names: Sequence[str], wrapped: Sequence[Sequence[str]]) -> alt.Legend:
    """Return the legend of the two sides, with wrapped names."""
    return alt.Legend(
        title=None,
        orient="top",
        columns=1 if _is_long(wrapped) else alt.Undefined,
        symbolType="stroke",
        symbolStrokeColor=EDGE,
        symbolSize=600,
        labelLimit=0,
        # JSON escapes names for Vega's expression language.
        labelExpr=f"{json.dumps(wrapped)}[indexof({json.dumps(list(names))}, datum.value)]",
    )


def _peak_letters(long: pd.DataFrame, line: list[str]) -> alt.Chart:
    """Return two letters above the point of each line that is farthest from 0."""
    known = long.dropna(subset="value").reset_index(drop=True)
    peaks = known.loc[known["value"].abs().groupby([known[name] for name in line]).idxmax()]
    letters = alt.Chart(peaks.assign(letters=peaks["emotion"].map(SHORT)))
    return letters.mark_text(dy=-8, fontSize=10, fontWeight=600, color=INK).encode(
        x="time_s:Q", y="value:Q", text="letters:N"
    )


def _long(table: pd.DataFrame, labels: Sequence[str], keep: list[str]) -> pd.DataFrame:
    columns = probability_columns(labels)
    long = table[[*keep, *columns]].melt(keep, var_name="emotion", value_name="value")
    return long.assign(emotion=long["emotion"].str.removeprefix("p_"))
