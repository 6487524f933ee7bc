"""Charts of one person over time: facing the camera, open mouth, and steadiness."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd

from emotion.analytics.durations import row_durations
from emotion.analytics.heat import span_edges, time_bins
from emotion.analytics.people import POSTURE_CHANGED_BELOW
from emotion.analytics.presence import faces_camera, mouth_is_open, weighted_shares
from emotion.charts.common import EDGE, HUE, finish
from emotion.charts.times import moment_tooltip, seconds_axis, span_tooltips, with_times
from emotion.types import Analysis

FACING, OPEN = "Facing the camera", "Mouth open"
ROWS = (FACING, OPEN)

MAX_BINS = 400
"""Spans of a row, each some pixels wide."""
_ROW_PX = 34


def presence_bins(analysis: Analysis, track: int, bins: int = MAX_BINS) -> pd.DataFrame:
    """Return the share of a person's time in which each of :data:`ROWS` holds, in equal spans of time.

    Neighbouring spans with the same share are joined, as there would be visible seams between them.

    Args:
        analysis: The analysis, possibly edited.
        track: The person.
        bins: Number of spans, at most that of frames.

    Returns:
        ``start_s``, ``end_s``, ``row`` and ``share`` (0–1), by row and time. Spans without the person have no row.
    """
    person, frames = _rows_of(analysis, track), analysis.frames
    edges = span_edges(frames, bins)
    states = pd.DataFrame(
        {
            FACING: faces_camera(person["yaw"].to_numpy(), person["pitch"].to_numpy()),
            OPEN: mouth_is_open(person["mouth_openness"].to_numpy()),
        },
        index=person.index,
    )
    places = pd.Series(time_bins(person["time_s"], edges), index=person.index)
    shares = weighted_shares(states, row_durations(person, frames), places).rename_axis("bin").reset_index()
    long = shares.melt("bin", var_name="row", value_name="share")
    place = long["bin"].to_numpy(np.intp)
    return _joined(long.assign(start_s=edges[place], end_s=edges[place + 1]))


def _joined(spans: pd.DataFrame) -> pd.DataFrame:
    """Join consecutive spans of a row with the same share."""
    before = spans.shift()
    new = (spans["row"] != before["row"]) | (spans["bin"] != before["bin"] + 1) | (spans["share"] != before["share"])
    runs = spans.groupby(new.cumsum())
    return runs.agg(
        start_s=("start_s", "first"), end_s=("end_s", "last"), row=("row", "first"), share=("share", "first")
    )


def presence_chart(analysis: Analysis, track: int) -> alt.Chart:
    """Return rows for facing the camera and an open mouth, whose opacity is the share of a span."""
    y = alt.Y(
        "row:N", sort=list(ROWS), title=None, axis=alt.Axis(ticks=False, domain=False, labelPadding=6, labelLimit=160)
    )
    bins = presence_bins(analysis, track)
    bars = (
        with_times(alt.Chart(bins, height=_ROW_PX * len(ROWS) + 50))
        .mark_rect(color=f"rgb({HUE})")
        .encode(
            x=seconds_axis("start_s:Q", _time_limits(analysis)),
            x2="end_s:Q",
            y=y,
            opacity=alt.Opacity("share:Q", scale=alt.Scale(domain=[0, 1], range=[0.04, 1]), legend=None),
            tooltip=[
                alt.Tooltip("row:N", title="What"),
                alt.Tooltip("share:Q", format=".0%", title="Share of the time"),
                *span_tooltips(),
            ],
        )
    )
    return finish(bars, "When the person faces the camera, and when their mouth is open")


def steadiness_chart(analysis: Analysis, track: int) -> alt.LayerChart:
    """Return the similarity of a person's face to its reference face, with the limit for a changed posture."""
    person = _rows_of(analysis, track)
    step = max(len(person) // MAX_BINS, 1)
    place = np.arange(len(person)) // step
    table = person.groupby(place).agg(time_s=("time_s", "first"), similarity=("similarity", "median"))
    gaps = person["time_s"].diff().groupby(place).max().to_numpy()
    usual = float(np.nanmedian(person["time_s"].diff())) if len(person) > 1 else 1.0
    table["run"] = np.cumsum(gaps > 4 * max(usual, 1e-6))
    line = (
        with_times(alt.Chart(table, height=200), "time_s")
        .mark_line(color=f"rgb({HUE})", strokeWidth=1.8)
        .encode(
            x=seconds_axis(domain=_time_limits(analysis)),
            y=alt.Y("similarity:Q", title="Similarity", scale=alt.Scale(domain=[0, 1], clamp=True)),
            detail="run:N",
            tooltip=[moment_tooltip(), alt.Tooltip("similarity:Q", format=".2f", title="Similarity")],
        )
    )
    limit = alt.Chart(pd.DataFrame({"similarity": [POSTURE_CHANGED_BELOW]}))
    return finish(
        line + limit.mark_rule(color=EDGE, strokeDash=[4, 3]).encode(y="similarity:Q"),
        "Similarity of the person's face to their reference face over time",
    )


def _time_limits(analysis: Analysis) -> tuple[float, float]:
    """Return the time axis of every person, which makes charts one below the other comparable."""
    edges = span_edges(analysis.frames, 1)
    return float(edges[0]), float(edges[-1])


def _rows_of(analysis: Analysis, track: int) -> pd.DataFrame:
    timeline = analysis.timeline
    return timeline[timeline["track_id"] == track].sort_values("time_s").reset_index(drop=True)
