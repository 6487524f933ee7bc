"""What charts share: colours, theme, axes, gaps in lines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import altair as alt
import numpy as np
import pandas as pd

from emotion.labels import ANSWER_COLOURS

EDGE = "#8C939C"
"""A grey that shows on white and on black."""

VIOLET = "#7C6CF0"
"""The theme's colour, for what has no expression's colour."""

HUE = "124,108,240"
"""The same violet to be drawn more or less opaque, so that it suits light and dark."""

STRONG = 0.7
"""From this opacity of the violet on, white figures are read best, in light and in dark."""

AnyChart = TypeVar("AnyChart", alt.Chart, alt.LayerChart)


def finish(chart: AnyChart) -> AnyChart:
    """Return a chart without a background and a frame, so that the page's theme shows."""
    return chart.configure(background="transparent").configure_view(strokeWidth=0)


def label_colour(labels: Sequence[str], field: str = "emotion:N", **options: Any) -> alt.Color:
    """Return the encoding that gives each expression its own colour, the same everywhere."""
    scale = alt.Scale(domain=list(labels), range=[ANSWER_COLOURS[label] for label in labels])
    return alt.Color(field, scale=scale, **options)


def seconds_axis(field: str = "time_s:Q", domain: Sequence[float] | None = None) -> alt.X:
    """Return an axis of time in seconds."""
    # Said outright: layers of rectangles would have the axis begin at 0.
    scale = alt.Scale(domain=alt.Undefined if domain is None else list(domain), nice=False, zero=False)
    return alt.X(field, title="Time, s", axis=alt.Axis(tickCount=8, grid=False), scale=scale)


def percent_axis() -> alt.Axis:
    """Return an axis of shares, 0–1."""
    return alt.Axis(format=".0%", tickCount=5, grid=False)


def name_axis(angle: int = 0) -> alt.Axis:
    """Return an axis that names each of its places, turned by ``angle`` degrees."""
    return alt.Axis(labelAngle=angle, ticks=False, domain=False, grid=False, labelOverlap=False, labelPadding=4)


def moment_tooltip(field: str = "time_s:Q") -> alt.Tooltip:
    """Return the line of a tooltip that tells the time."""
    return alt.Tooltip(field, format=".2f", title="Time, s")


def unbroken(places: pd.Series) -> np.ndarray:
    """Return for each span of a row of spans the number of its unbroken stretch: lines end where a span is left out.

    Args:
        places: Numbers of the spans, rising.
    """
    return np.asarray((places.diff() != 1).cumsum())
