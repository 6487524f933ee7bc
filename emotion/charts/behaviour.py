"""Charts of one person's eyes, gaze, head and movements over time."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt
import pandas as pd

from emotion.charts.common import EDGE, VIOLET, finish
from emotion.charts.times import seconds_axis, span_tooltips, with_times

LINE_COLOURS = (VIOLET, "#C26A12", "#2E9E8F")
"""Colours of up to three lines; none is an expression's, and all are visible on light and on dark."""
LINE_DASHES = ([1, 0], [5, 3], [1, 2])
"""Dashes, so that lines differ without colour."""

_HEIGHT_PX = 210
_MARK_PX = 15
_NAME_SHARE = 0.12
"""Share of the width that a mark's name takes on a narrow screen."""


def signal_chart(
    spans: pd.DataFrame,
    marks: pd.DataFrame,
    *,
    title: str,
    lines: Sequence[str],
    unit: str,
    domain: tuple[float, float],
    time_domain: tuple[float, float],
    limit: float | None = None,
) -> alt.LayerChart:
    """Return lines over time, each with a band from minimum to maximum, and marks along the top edge.

    Args:
        spans: ``line``, ``start_s``, ``end_s``, ``low``, ``mean``, ``high`` and ``run`` of each line.
        marks: ``kind``, ``start_s`` and ``end_s`` of each mark.
        title: What the lines show, for screen readers.
        lines: Names of the lines, in order.
        unit: Title of the axis of values.
        domain: Ends of the axis of values.
        time_domain: Ends of the axis of time, s.
        limit: Value marked by a dashed line; None for no line.
    """
    scale = alt.Scale(domain=list(domain), clamp=True)
    y = alt.Y("mean:Q", title=unit, scale=scale, axis=alt.Axis(tickCount=5))
    order = list(lines)
    colour = alt.Color("line:N", scale=alt.Scale(domain=order, range=list(LINE_COLOURS[: len(order)])), legend=None)
    dash = alt.StrokeDash(
        "line:N", scale=alt.Scale(domain=order, range=[list(one) for one in LINE_DASHES[: len(order)]]), legend=None
    )
    x = seconds_axis("start_s:Q", time_domain)
    parts = ["line:N", "run:N"]
    tooltip = [
        alt.Tooltip("line:N", title="Line"),
        alt.Tooltip("mean:Q", format=".3~f", title=f"Mean, {unit}"),
        alt.Tooltip("low:Q", format=".3~f", title="Minimum"),
        alt.Tooltip("high:Q", format=".3~f", title="Maximum"),
        *span_tooltips(),
    ]
    base = with_times(alt.Chart(spans, height=_HEIGHT_PX))
    band = base.mark_area(opacity=0.25, clip=True).encode(
        x=x, y=alt.Y("low:Q", title=unit, scale=scale), y2="high:Q", color=colour, detail=parts
    )
    line = base.mark_line(strokeWidth=1.8, clip=True).encode(
        x=x, y=y, color=colour, strokeDash=dash, detail=parts, tooltip=tooltip
    )
    # A line needs two spans.
    point = base.mark_point(size=10, filled=True, clip=True).encode(x=x, y=y, color=colour, tooltip=tooltip)
    layers: list[alt.Chart] = [band, line, point]
    if limit is not None:
        rule = alt.Chart(pd.DataFrame({"mean": [limit]})).mark_rule(color=EDGE, strokeDash=[4, 3])
        layers.append(rule.encode(y=y))
    if len(marks):
        layers += _marks(marks, x, time_domain)
    return finish(alt.LayerChart(layer=layers), f"{title} over time")


def _marks(marks: pd.DataFrame, x: alt.X, time_domain: tuple[float, float]) -> list[alt.Chart]:
    """Return bars along the top edge, with names where there is room."""
    base = with_times(alt.Chart(marks))
    room_s = _NAME_SHARE * (time_domain[1] - time_domain[0])
    named, free_s = [], float("-inf")
    for start_s in marks["start_s"]:
        named.append(start_s >= free_s)
        free_s = start_s + room_s if named[-1] else free_s
    tooltip = [alt.Tooltip("kind:N", title="What"), *span_tooltips()]
    bars = base.mark_rect(color=EDGE, fillOpacity=0.35, stroke=EDGE, clip=True).encode(
        x=x, x2="end_s:Q", y=alt.value(0), y2=alt.value(_MARK_PX), tooltip=tooltip
    )
    names = (
        with_times(alt.Chart(marks[named]))
        .mark_text(align="left", baseline="top", dx=2, dy=_MARK_PX + 2, fontSize=11, color=EDGE, clip=True)
        .encode(x=x, y=alt.value(0), text="kind:N", tooltip=tooltip)
    )
    return [bars, names]
