"""Charts of one analysis: heat map, transitions and derived measures."""

from __future__ import annotations

import altair as alt
import pandas as pd

from emotion.analytics.apply import part_of
from emotion.analytics.derived import intensity, valence
from emotion.analytics.episodes import row_shares
from emotion.analytics.heat import binned_probabilities
from emotion.analytics.lanes import resample
from emotion.charts.common import (
    EDGE,
    HUE,
    INK,
    STRONGEST,
    finish,
    label_colour,
    name_axis,
    run_numbers,
    zero_rule,
)
from emotion.charts.times import ends_of, moment_tooltip, seconds_axis, span_tooltips, with_times
from emotion.labels import display_order
from emotion.types import Analysis

_LINE_POINTS = 800
_PATH_POINTS = 300
_ROW_PX = 30

MEASURES = {
    "valence": (valence, [-1.0, 1.0], "Valence (derived)"),
    "intensity": (intensity, [0.0, 1.0], "Intensity (derived)"),
}
"""Derived measure → its formula, range and title."""


def heat_chart(analysis: Analysis, track: int | None = None) -> alt.Chart:
    """Return a heat map with a row per expression, whose opacity is its probability over time.

    Args:
        analysis: The analysis, possibly edited and smoothed.
        track: One person; None for everybody.
    """
    labels = display_order(analysis.labels)
    table = binned_probabilities(analysis, track=track)
    chart = with_times(alt.Chart(table, height=_ROW_PX * len(labels) + 50)).mark_rect()
    return finish(
        chart.encode(
            x=seconds_axis("start_s:Q", ends_of(table["start_s"], table["end_s"])),
            x2="end_s:Q",
            y=alt.Y("emotion:N", sort=labels, title=None, axis=alt.Axis(ticks=False, domain=False, labelPadding=6)),
            color=label_colour(labels, legend=None),
            opacity=alt.Opacity("probability:Q", scale=alt.Scale(domain=[0, 1], range=[0.04, 1]), legend=None),
            tooltip=[
                alt.Tooltip("emotion:N", title="Expression"),
                alt.Tooltip("probability:Q", format=".0%", title="Mean probability"),
                *span_tooltips(),
            ],
        ),
        "Probability of each expression over time, a row per expression",
    )


def transition_chart(counts: pd.DataFrame, *, as_shares: bool = False) -> alt.LayerChart:
    """Return the matrix of transitions, from rows to columns, tinted by what its cells show.

    Args:
        counts: Table of :func:`emotion.analytics.episodes.transitions`.
        as_shares: Show shares of the row instead of counts.
    """
    labels = list(counts.index)
    both = pd.DataFrame({"count": counts.stack(), "share": row_shares(counts).stack()})
    long = both.rename_axis(["before", "after"]).reset_index()
    long["text"] = [
        "" if count == 0 else f"{share:.0%}" if as_shares else f"{count:,}"
        for count, share in zip(long["count"], long["share"], strict=True)
    ]
    # Equal figures have equal tints.
    strength = long["share"] if as_shares else long["count"] / max(long["count"].max(), 1)
    long["tint"] = [f"rgba({HUE},{STRONGEST * each:.3f})" for each in strength]
    base = alt.Chart(long, height=_ROW_PX * len(labels) + 90).encode(
        x=alt.X("after:N", sort=labels, title="To", axis=name_axis(-45)),
        y=alt.Y("before:N", sort=labels, title="From", axis=name_axis()),
        tooltip=[
            alt.Tooltip("before:N", title="From"),
            alt.Tooltip("after:N", title="To"),
            alt.Tooltip("count:Q", format=",", title="Changes"),
            alt.Tooltip("share:Q", format=".0%", title="Share of all changes from it"),
        ],
    )
    cells = base.mark_rect(stroke=EDGE, strokeOpacity=0.25).encode(color=alt.Color("tint:N", scale=None))
    figures = base.mark_text(fontWeight=600, color=INK).encode(text="text:N")
    return finish(cells + figures, "How often each expression was followed by each other one")


def derived_chart(analysis: Analysis, measure: str, track: int) -> alt.LayerChart:
    """Return a derived measure of one person over time, with gaps while they are out of view.

    Args:
        analysis: The analysis, with labels for which the measure is defined.
        measure: A key of :data:`MEASURES`.
        track: The person.
    """
    formula, domain, title = MEASURES[measure]
    spans = _spans_of(analysis, track, _LINE_POINTS)
    table = pd.DataFrame({"time_s": spans["start_s"], "value": formula(spans), "run": run_numbers(spans["span"])})
    base = with_times(alt.Chart(table, height=230), "time_s")
    y = alt.Y("value:Q", title=title, scale=alt.Scale(domain=domain), axis=alt.Axis(tickCount=5))
    line = base.mark_line(color=f"rgb({HUE})", strokeWidth=1.8, point={"size": 12, "color": f"rgb({HUE})"}).encode(
        x=seconds_axis(domain=ends_of(table["time_s"])),
        y=y,
        detail="run:N",
        tooltip=[moment_tooltip(), alt.Tooltip("value:Q", format=".2f")],
    )
    return finish(zero_rule(strokeDash=[3, 3]) + line, f"{title} of one person over time")


def path_chart(analysis: Analysis, track: int) -> alt.LayerChart:
    """Return one person's path through derived valence and intensity, from pale (early) to dark (late).

    Args:
        analysis: The analysis, with labels for which the measures are defined.
        track: The person.
    """
    spans = _spans_of(analysis, track, _PATH_POINTS)
    table = pd.DataFrame(
        {
            "time_s": spans["start_s"],
            "valence": valence(spans),
            "intensity": intensity(spans),
            "run": run_numbers(spans["span"]),
        }
    )
    base = with_times(alt.Chart(table, height=400), "time_s").encode(
        x=alt.X("valence:Q", title=MEASURES["valence"][2], scale=alt.Scale(domain=[-1, 1])),
        y=alt.Y("intensity:Q", title=MEASURES["intensity"][2], scale=alt.Scale(domain=[0, 1])),
        order="time_s:Q",
        tooltip=[
            moment_tooltip(),
            alt.Tooltip("valence:Q", format=".2f", title="Valence (derived)"),
            alt.Tooltip("intensity:Q", format=".2f", title="Intensity (derived)"),
        ],
    )
    path = base.mark_line(color=EDGE, strokeWidth=1, opacity=0.6).encode(detail="run:N")
    shade = alt.Opacity("time_s:Q", scale=alt.Scale(range=[0.2, 1]), legend=None)
    return finish(
        path + base.mark_circle(size=42, color=f"rgb({HUE})").encode(opacity=shade),
        "Path of one person through derived valence and intensity, from pale (early) to dark (late)",
    )


def _spans_of(analysis: Analysis, track: int, points: int) -> pd.DataFrame:
    return resample(part_of(analysis, track=track).timeline, analysis.frames, points)
