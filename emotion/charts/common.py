"""Colours, axes, tooltips and other parts that charts share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import altair as alt
import numpy as np
import pandas as pd

from emotion.labels import ANSWER_COLOURS, INKS, SHORT

EDGE = "#868D96"
"""A grey for lines and frames, visible on white and on black."""

INK = "currentColor"
"""Text colour of the page, light or dark; works in SVG, not on a canvas."""

VIOLET = "#7C6CF0"
"""The theme's colour, for marks without an expression's colour."""

HUE = "124,108,240"
"""The same violet for ``rgba()``; opacity, unlike a colour scale, suits light and dark themes."""

STRONGEST = 0.75
"""Opacity of the violet up to which text in :data:`INK` has a contrast of 4.5, in light and dark themes."""

AnyChart = TypeVar("AnyChart", alt.Chart, alt.LayerChart)


def finish(chart: AnyChart, description: str, canvas_ink: str = "") -> AnyChart:
    """Return a chart without background and frame, with text in the page's colour, for any theme.

    Args:
        chart: The chart.
        description: What it shows, in a sentence, for screen readers.
        canvas_ink: Text colour, ``#rrggbb``, of a chart on a canvas; empty for SVG.
    """
    ink = canvas_ink or INK
    renderer = {"embedOptions": {"renderer": "canvas" if canvas_ink else "svg"}}
    # One Config, because each configure_…() would copy the whole chart.
    config = alt.Config(
        background="transparent",
        view=alt.ViewConfig(strokeWidth=0),
        axis=alt.AxisConfig(labelColor=ink, titleColor=ink),
        axisY=alt.AxisConfig(labelFlush=False),
        legend=alt.LegendConfig(labelColor=ink, titleColor=ink),
    )
    return chart.properties(description=description, usermeta=renderer, config=config)


def label_colour(labels: Sequence[str], field: str = "emotion:N", **options: Any) -> alt.Color:
    """Return the encoding of expressions by their colours."""
    scale = alt.Scale(domain=list(labels), range=[ANSWER_COLOURS[label] for label in labels])
    return alt.Color(field, scale=scale, **options)


def answer_letters(
    table: pd.DataFrame, field: str = "emotion", room: str = "true", height: int | alt.UndefinedType = alt.Undefined
) -> alt.Chart:
    """Return two letters per row as text without a position, for readers who cannot tell the colours apart.

    Args:
        table: The rows.
        field: The column with each row's answer.
        room: Vega expression that is true for rows whose mark has room for letters.
        height: Height of the chart, px.
    """
    written = table.assign(letters=table[field].map(SHORT), ink=table[field].map(INKS))
    text = alt.value(alt.ExprRef(f"{room} ? datum.letters : ''"))
    marks = alt.Chart(written, height=height).mark_text(fontSize=10, fontWeight=600)
    return marks.encode(text=text, color=alt.Color("ink:N", scale=None))


def percent_axis() -> alt.Axis:
    """Return an axis of shares in percent."""
    return alt.Axis(format=".0%", tickCount=5, grid=False)


def name_axis(angle: int = 0) -> alt.Axis:
    """Return an axis of names, rotated by ``angle`` degrees."""
    return alt.Axis(labelAngle=angle, ticks=False, domain=False, grid=False, labelOverlap=False, labelPadding=4)


def zero_rule(**style: Any) -> alt.Chart:
    """Return a horizontal line at 0, for charts of ``value``."""
    return alt.Chart(pd.DataFrame({"value": [0.0]})).mark_rule(color=EDGE, **style).encode(y="value:Q")


def interval_tooltips(number_format: str) -> list[alt.Tooltip]:
    """Return tooltip lines with a 95% interval, ``low`` and ``high``."""
    return [
        alt.Tooltip("low:Q", format=number_format, title="95% from"),
        alt.Tooltip("high:Q", format=number_format, title="to"),
    ]


def run_numbers(places: pd.Series) -> np.ndarray:
    """Number the uninterrupted runs of spans, given the spans' rising numbers; lines have gaps between runs."""
    return np.asarray((places.diff() != 1).cumsum())
