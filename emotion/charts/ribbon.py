"""Ribbons of leading expressions, under each lane of the timeline and as an overview to zoom in."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from types import MappingProxyType

import altair as alt
import numpy as np
import pandas as pd

from emotion.analytics.abstention import answer_names
from emotion.analytics.edits import Span
from emotion.analytics.lanes import fit_to_screen, longest_seen
from emotion.analytics.people import person_name
from emotion.analytics.timeline import labels_of, probability_columns
from emotion.charts.common import answer_letters, finish, label_colour
from emotion.charts.times import seconds_axis, span_tooltips, with_times
from emotion.labels import UNCLEAR
from emotion.types import Analysis

ZOOM = "zoom"
"""Name of the overview's selection; its value is ``{"start_s": [from, to]}`` in seconds, or empty."""

TOP, BOTTOM = 0.83, 0.98
"""Position of a ribbon in its lane, 0 at the top and 1 at the bottom."""

_WHOLE_LANE = 0.08, 0.92
_OVERVIEW_LANE_PX, _GROWING_LANE_PX = 18, 22
_NAME_PX = 110
_AXIS_PX = 70
_LETTERS_PX = 18
_WIDEST_PX = 2400
_CLICK_S = 0.1
"""Shorter selections are clicks."""


def leading_spans(spans: pd.DataFrame) -> pd.DataFrame:
    """Return the times in which one expression leads, or the answer is unclear.

    Args:
        spans: Table of :func:`emotion.analytics.lanes.resample`.

    Returns:
        ``track_id``, ``start_s``, ``end_s`` and ``emotion``, in order of person and time.
    """
    columns = probability_columns(labels_of(spans))
    values = spans[columns].to_numpy(np.float64)
    leads = np.array([column[2:] for column in columns], object)[values.argmax(axis=1) if len(spans) else []]
    rows = spans.assign(emotion=np.where(values.max(axis=1, initial=0.0) < spans["required"], UNCLEAR, leads))
    new = (rows["span"].diff() != 1) | (rows["track_id"].diff() != 0) | (rows["emotion"] != rows["emotion"].shift())
    how = {"track_id": ("track_id", "first"), "start_s": ("start_s", "min"), "end_s": ("end_s", "max")}
    return rows.groupby(new.cumsum()).agg(**how, emotion=("emotion", "first")).reset_index(drop=True)


def ribbon_layers(
    spans: pd.DataFrame, tracks: Sequence[int], scale: alt.Scale, top: float = TOP, bottom: float = BOTTOM
) -> tuple[alt.Chart, alt.Chart]:
    """Return the ribbons of lanes of height 1 without colours, and two letters on each part that has room for them.

    Args:
        spans: Table of :func:`emotion.analytics.lanes.resample`.
        tracks: The lanes' people, the first on top.
        scale: Scale of the lanes.
        top: Top of a ribbon in its lane, 0–1.
        bottom: Bottom of a ribbon in its lane, 0–1.
    """
    stretches = leading_spans(spans)
    lane = stretches["track_id"].map({track: place for place, track in enumerate(tracks)})
    placed = stretches.assign(top=lane + top, bottom=lane + bottom)
    bars = (
        with_times(alt.Chart(placed))
        .mark_rect()
        .encode(
            x=alt.X("start_s:Q"),
            x2="end_s:Q",
            y=alt.Y("top:Q", scale=scale),
            y2="bottom:Q",
            tooltip=[alt.Tooltip("emotion:N", title="Leads"), *span_tooltips()],
        )
    )
    return bars, _letters(placed, scale)


def _letters(placed: pd.DataFrame, scale: alt.Scale) -> alt.Chart:
    length_s = placed["end_s"] - placed["start_s"]
    middles = placed.drop(columns=["top", "bottom"]).assign(
        time_s=placed["start_s"] + length_s / 2, middle=(placed["top"] + placed["bottom"]) / 2
    )
    # Shorter ones have no room on any screen.
    roomy = length_s >= (placed["end_s"].max() - placed["start_s"].min()) * _LETTERS_PX / _WIDEST_PX
    room = f"scale('x', datum.end_s) - scale('x', datum.start_s) >= {_LETTERS_PX}"
    return answer_letters(middles[roomy], room=room).encode(x="time_s:Q", y=alt.Y("middle:Q", scale=scale))


def time_domain(analysis: Analysis) -> list[float]:
    """Return the time range of an analysis' charts, s: up to the end of the video, or of an incomplete analysis."""
    seen = float(analysis.frames["time_s"].max()) if len(analysis.frames) else 0.0
    end = max(analysis.info.duration_s, seen) if analysis.complete else seen
    return [0.0, max(end, 1e-3)]


def overview_chart(
    analysis: Analysis,
    ink: str = "#5F6672",
    names: Mapping[int, str] = MappingProxyType({}),
) -> alt.LayerChart:
    """Return a thin ribbon per person over the whole time; dragging selects a span under :data:`ZOOM`.

    Args:
        analysis: The analysis.
        ink: The theme's text colour, ``#rrggbb``. The chart is a canvas: in SVG, Vega's selection has no text
            alternative.
        names: Track → the person's name; people without one have a number.
    """
    brush = alt.selection_interval(name=ZOOM, encodings=["x"])
    ribbon, letters, count = _lanes(analysis, names, time_domain(analysis))
    return finish(
        alt.LayerChart(layer=[ribbon.add_params(brush), letters], height=_OVERVIEW_LANE_PX * max(count, 2) + _AXIS_PX),
        "Leading expression of each person over the whole time; drag to choose a span",
        ink,
    )


def growing_chart(analysis: Analysis, names: Mapping[int, str] = MappingProxyType({})) -> alt.LayerChart:
    """Return a ribbon per person of an analysis that is still running, on an axis as long as the whole video.

    Args:
        analysis: The results so far.
        names: Track → the person's name; people without one have a number.
    """
    ribbon, letters, count = _lanes(analysis, names, [0.0, max(analysis.info.duration_s, time_domain(analysis)[1])])
    return finish(
        alt.LayerChart(layer=[ribbon, letters], height=_GROWING_LANE_PX * max(count, 1) + _AXIS_PX),
        "Leading expressions so far, a lane per person",
    )


def _lanes(analysis: Analysis, names: Mapping[int, str], domain: Sequence[float]) -> tuple[alt.Chart, alt.Chart, int]:
    """Return a coloured ribbon that fills each person's lane, its letters, and the number of lanes."""
    tracks = longest_seen(analysis.timeline)
    spans, _ = fit_to_screen(analysis.timeline, analysis.frames, tracks, analysis.abstain_below)
    scale = alt.Scale(domain=[max(len(tracks), 1), 0], nice=False, zero=False)
    ribbon, letters = ribbon_layers(spans, tracks, scale, *_WHOLE_LANE)
    axis = lane_axis([person_name(track, names) for track in tracks])
    x, y = seconds_axis("start_s:Q", domain), alt.Y("top:Q", scale=scale, title=None, axis=axis)
    colour = label_colour(answer_names(analysis.labels, analysis.abstain_below), legend=None)
    return ribbon.encode(x=x, y=y, color=colour), letters, len(tracks)


def lane_axis(names: Sequence[str]) -> alt.Axis:
    """Return the axis of lanes of height 1, with a name for each."""
    return alt.Axis(
        values=[lane + 0.5 for lane in range(len(names))],
        # Without a tick count, Vega skips every second name if there are less than 40 px for each.
        tickCount=len(names),
        # JSON escapes names for Vega's expression language.
        labelExpr=f"{json.dumps(list(names))}[floor(datum.value)]",
        labelLimit=_NAME_PX,
        grid=False,
        ticks=False,
        domain=False,
    )


def zoomed_span(selection: Mapping[str, object]) -> Span | None:
    """Return the span of an overview's selection; None without one, or if it is so short that it was a click.

    Args:
        selection: Value of :data:`ZOOM`.
    """
    ends = selection.get("start_s")
    if not isinstance(ends, Sequence) or len(ends) != 2:
        return None
    start, end = sorted(max(float(end), 0.0) for end in ends)
    return Span(start, end) if end - start >= _CLICK_S else None
