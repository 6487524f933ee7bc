"""One person over time: facing the camera, mouth, and how alike the face stays."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd

from emotion.analytics.durations import counted_durations
from emotion.analytics.heat import time_bins
from emotion.analytics.people import POSTURE_CHANGED_BELOW
from emotion.analytics.presence import faces_camera, mouth_is_open
from emotion.charts.common import EDGE, HUE, finish, moment_tooltip, seconds_axis
from emotion.types import Analysis

FACING, OPEN = "Facing the camera", "Mouth open"
ROWS = (FACING, OPEN)

MAX_BINS = 400
"""Spans of a row: each is still some pixels wide, and the rows stay far below what a browser draws at once."""
_ROW_PX = 34


def presence_bins(analysis: Analysis, track: int, bins: int = MAX_BINS) -> pd.DataFrame:
    """Return, in spans of time, in what share of a person's frames each of :data:`ROWS` holds.

    Spans are equally long; neighbours with the same share are joined, lest seams be drawn between them.

    Args:
        analysis: Edited as you like.
        track: The person.
        bins: Number of spans; no more than there are frames.

    Returns:
        ``start_s``, ``end_s``, ``row`` and ``share`` (0–1), by row and time. Spans without the person have no row.
    """
    person, frames = _rows_of(analysis, track), analysis.frames
    end = float(frames["time_s"].iloc[-1] + counted_durations(frames)[-1])
    edges = np.linspace(float(frames["time_s"].iloc[0]), end, max(min(bins, len(frames)), 1) + 1)
    states = pd.DataFrame(
        {
            FACING: faces_camera(person["yaw"].to_numpy(), person["pitch"].to_numpy()),
            OPEN: mouth_is_open(person["mouth_openness"].to_numpy()),
        }
    )
    shares = states.groupby(time_bins(person["time_s"], edges)).mean().rename_axis("bin").reset_index()
    long = shares.melt("bin", var_name="row", value_name="share")
    place = long["bin"].to_numpy(np.intp)
    return _joined(long.assign(start_s=edges[place], end_s=edges[place + 1]))


def _joined(spans: pd.DataFrame) -> pd.DataFrame:
    """Join spans of a row that follow each other and have the same share."""
    before = spans.shift()
    new = (spans["row"] != before["row"]) | (spans["bin"] != before["bin"] + 1) | (spans["share"] != before["share"])
    runs = spans.groupby(new.cumsum())
    return runs.agg(
        start_s=("start_s", "first"), end_s=("end_s", "last"), row=("row", "first"), share=("share", "first")
    )


def presence_chart(analysis: Analysis, track: int) -> alt.Chart:
    """Return a row each for facing the camera and an open mouth, the stronger the more of a span.

    Args:
        analysis: Edited as you like.
        track: The person.
    """
    y = alt.Y(
        "row:N", sort=list(ROWS), title=None, axis=alt.Axis(ticks=False, domain=False, labelPadding=6, labelLimit=160)
    )
    bins = presence_bins(analysis, track)
    bars = (
        alt.Chart(bins, height=_ROW_PX * len(ROWS) + 50)
        .mark_rect(color=f"rgb({HUE})")
        .encode(
            x=seconds_axis("start_s:Q"),
            x2="end_s:Q",
            y=y,
            opacity=alt.Opacity("share:Q", scale=alt.Scale(domain=[0, 1], range=[0.04, 1]), legend=None),
            tooltip=[
                alt.Tooltip("row:N", title="What"),
                alt.Tooltip("share:Q", format=".0%", title="Of the frames"),
                alt.Tooltip("start_s:Q", format=".2f", title="From, s"),
                alt.Tooltip("end_s:Q", format=".2f", title="To, s"),
            ],
        )
    )
    return finish(bars)


def steadiness_chart(analysis: Analysis, track: int, height: int = 200) -> alt.LayerChart:
    """Return how alike a person's face is to its reference face, with the limit under which it counts as moved.

    Args:
        analysis: Edited as you like.
        track: The person.
        height: px.
    """
    person = _rows_of(analysis, track)
    step = max(len(person) // MAX_BINS, 1)
    place = np.arange(len(person)) // step
    table = person.groupby(place).agg(time_s=("time_s", "first"), similarity=("similarity", "median"))
    gaps = person["time_s"].diff().groupby(place).max().to_numpy()
    usual = float(np.nanmedian(person["time_s"].diff())) if len(person) > 1 else 1.0
    table["run"] = np.cumsum(gaps > 4 * max(usual, 1e-6))
    line = (
        alt.Chart(table, height=height)
        .mark_line(color=f"rgb({HUE})", strokeWidth=1.8)
        .encode(
            x=seconds_axis(),
            y=alt.Y("similarity:Q", title="SSIM", scale=alt.Scale(domain=[0, 1], clamp=True)),
            detail="run:N",
            tooltip=[moment_tooltip(), alt.Tooltip("similarity:Q", format=".2f", title="SSIM")],
        )
    )
    limit = alt.Chart(pd.DataFrame({"similarity": [POSTURE_CHANGED_BELOW]}))
    return finish(line + limit.mark_rule(color=EDGE, strokeDash=[4, 3]).encode(y="similarity:Q"))


def _rows_of(analysis: Analysis, track: int) -> pd.DataFrame:
    timeline = analysis.timeline
    return timeline[timeline["track_id"] == track].sort_values("time_s").reset_index(drop=True)
