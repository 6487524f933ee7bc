"""A ribbon of what leads: under each lane of the timeline, and as an overview to choose a span to look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import altair as alt
import numpy as np
import pandas as pd

from emotion.analytics.abstention import answer_names
from emotion.analytics.edits import Span
from emotion.analytics.lanes import fit_to_screen, longest_seen
from emotion.charts.common import EDGE, finish, label_colour, seconds_axis
from emotion.labels import UNCLEAR
from emotion.types import Analysis

ZOOM = "zoom"
"""Name of the overview's selection; its value is ``{"start_s": [from, to]}`` in seconds, or empty."""

TOP, BOTTOM = 0.89, 0.98
"""Place of a ribbon in its lane, 0 on top and 1 at the bottom."""

_OVERVIEW_LANE_PX = 14
_AXIS_PX = 46


def leading_spans(spans: pd.DataFrame) -> pd.DataFrame:
    """Return the stretches in which one expression has the largest mean probability, or none is clear.

    Args:
        spans: Of :func:`emotion.analytics.lanes.resample`.

    Returns:
        ``track_id``, ``start_s``, ``end_s`` and ``emotion`` of each, in order of person and time.
    """
    columns = [column for column in spans.columns if column.startswith("p_")]
    values = spans[columns].to_numpy(np.float64)
    leads = np.array([column[2:] for column in columns], object)[values.argmax(axis=1) if len(spans) else []]
    rows = spans.assign(emotion=np.where(values.max(axis=1, initial=0.0) < spans["required"], UNCLEAR, leads))
    new = (rows["span"].diff() != 1) | (rows["track_id"].diff() != 0) | (rows["emotion"] != rows["emotion"].shift())
    how = {"track_id": ("track_id", "first"), "start_s": ("start_s", "min"), "end_s": ("end_s", "max")}
    return rows.groupby(new.cumsum()).agg(**how, emotion=("emotion", "first")).reset_index(drop=True)


def ribbon_layer(
    stretches: pd.DataFrame, tracks: Sequence[int], scale: alt.Scale, top: float = TOP, bottom: float = BOTTOM
) -> alt.Chart:
    """Return the ribbons of lanes of height 1 as a layer; the colours are the chart's to give.

    Args:
        stretches: Of :func:`leading_spans`.
        tracks: The lanes' people, the first on top.
        scale: Of the lanes.
        top: Where a ribbon begins in its lane, 0–1.
        bottom: Where it ends.
    """
    lane = stretches["track_id"].map({track: place for place, track in enumerate(tracks)})
    return (
        alt.Chart(stretches.assign(top=lane + top, bottom=lane + bottom))
        .mark_rect()
        .encode(
            x=alt.X("start_s:Q"),
            x2="end_s:Q",
            y=alt.Y("top:Q", scale=scale),
            y2="bottom:Q",
            tooltip=[
                alt.Tooltip("emotion:N", title="Leads"),
                alt.Tooltip("start_s:Q", format=".2f", title="From, s"),
                alt.Tooltip("end_s:Q", format=".2f", title="To, s"),
            ],
        )
    )


def time_domain(analysis: Analysis) -> list[float]:
    """Return from when to when an analysis' charts go, in seconds: to the video's end, or to where it was stopped."""
    seen = float(analysis.frames["time_s"].max()) if len(analysis.frames) else 0.0
    end = max(analysis.info.duration_s, seen) if analysis.complete else seen
    return [0.0, max(end, 1e-3)]


def overview_chart(analysis: Analysis, shown: Span | None = None) -> alt.LayerChart:
    """Return a thin ribbon per person over all of the time; dragging over it selects a span under :data:`ZOOM`.

    Args:
        analysis: What to draw.
        shown: The span that is looked at, framed; None for all of it.
    """
    tracks = longest_seen(analysis.timeline)
    spans, _ = fit_to_screen(analysis.timeline, analysis.frames, tracks, analysis.abstain_below)
    scale = alt.Scale(domain=[max(len(tracks), 1), 0], nice=False, zero=False)
    names = answer_names(analysis.labels, analysis.abstain_below)
    brush = alt.selection_interval(name=ZOOM, encodings=["x"])
    ribbon = ribbon_layer(leading_spans(spans), tracks, scale, 0.08, 0.92)
    x, lanes = seconds_axis("start_s:Q", time_domain(analysis)), alt.Y("top:Q", scale=scale, axis=None)
    layers = [ribbon.encode(x=x, y=lanes, color=label_colour(names, legend=None)).add_params(brush)]
    if shown is not None:
        frame = alt.Chart(pd.DataFrame({"start_s": [shown.start_s], "end_s": [shown.end_s]}))
        layers.append(frame.mark_rect(fillOpacity=0, stroke=EDGE, strokeWidth=2).encode(x="start_s:Q", x2="end_s:Q"))
    return finish(alt.LayerChart(layer=layers, height=_OVERVIEW_LANE_PX * max(len(tracks), 2) + _AXIS_PX))


def zoomed_span(selection: Mapping[str, object], shortest_s: float = 0.1) -> Span | None:
    """Return the span that a selection of the overview means; None where there is none or it is a mere click.

    Args:
        selection: Value of :data:`ZOOM`.
        shortest_s: Shorter spans are a click.
    """
    ends = selection.get("start_s")
    if not isinstance(ends, Sequence) or len(ends) != 2:
        return None
    start, end = sorted(max(float(end), 0.0) for end in ends)
    return Span(start, end) if end - start >= shortest_s else None
