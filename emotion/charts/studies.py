"""Charts of studies: curves across people, and each person's means."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt
import pandas as pd

from emotion.charts.common import EDGE, VIOLET, finish, interval_tooltips
from emotion.charts.times import ends_of, moment_tooltip, seconds_axis, with_times

PALETTE = (VIOLET, "#E07A3F", "#2A9D8F", "#C2517A", "#6B8E23", "#3F7FBF", "#9A6A4F", "#7F7F7F")
"""Colours of conditions, which are none of the expressions' colours; more conditions repeat them."""

_NAMES: dict[str, Any] = {"labelAngle": 0, "labelAlign": "center", "ticks": False, "grid": False}
_DASHES = ([1, 0], [6, 3], [2, 2], [8, 3, 2, 3])
MAX_CURVES = len(PALETTE)
"""Most curves in one chart."""


def colours_of(conditions: Sequence[str]) -> dict[str, str]:
    """Return condition → its colour."""
    return {name: PALETTE[place % len(PALETTE)] for place, name in enumerate(conditions)}


def curve_chart(curves: pd.DataFrame, by: str, title: str, value: str = "mean") -> alt.LayerChart:
    """Return curves over stimulus time with their intervals; lines have gaps where there is no value.

    Args:
        curves: ``by``, ``second``, ``people``, ``value``, ``low`` and ``high``.
        by: Column of the conditions.
        title: Of the vertical axis.
        value: Column of the values.
    """
    conditions = list(dict.fromkeys(curves[by].astype(str)))
    # A line ends with its last second, as a second is a span.
    table = curves.rename(columns={by: "condition", value: "value"}).assign(condition=curves[by].astype(str))
    colours = list(colours_of(conditions).values())
    dashes = [_DASHES[place % len(_DASHES)] for place in range(len(conditions))]
    colour = alt.Color("condition:N", scale=alt.Scale(domain=conditions, range=colours), legend=None)
    base = with_times(alt.Chart(table, height=320), "second").encode(
        x=seconds_axis("second:Q", ends_of(table["second"]), "Stimulus time"),
        color=colour,
        tooltip=[
            alt.Tooltip("condition:N", title=by.capitalize()),
            moment_tooltip("second"),
            alt.Tooltip("value:Q", format=".3f", title=title),
            *interval_tooltips(".3f"),
            alt.Tooltip("people:Q", title="People"),
        ],
    )
    y = alt.Y("value:Q", title=title, axis=alt.Axis(tickCount=5), scale=alt.Scale(zero=False))
    band = base.transform_filter("isValid(datum.low)").mark_area(opacity=0.18).encode(y=alt.Y("low:Q"), y2="high:Q")
    dash = alt.StrokeDash("condition:N", scale=alt.Scale(domain=conditions, range=dashes), legend=None)
    lines = base.mark_line(strokeWidth=2, point=alt.OverlayMarkDef(size=14)).encode(y=y, strokeDash=dash)
    zero = alt.Chart(pd.DataFrame({"second": [0.0]})).mark_rule(color=EDGE, strokeDash=[3, 3]).encode(x="second:Q")
    layers = band + lines + zero if curves["second"].min() < 0 else band + lines
    return finish(layers, f"{title} over stimulus time, with a 95% interval across people")


def people_chart(means: pd.DataFrame, measure: str, title: str) -> alt.LayerChart:
    """Return each person's mean in each condition, joined by a line, with the mean across people as a bar.

    Args:
        means: ``participant``, ``stimulus`` and the measure.
        measure: Its column.
        title: Of the vertical axis.
    """
    table = means[["participant", "stimulus", measure]].set_axis(["participant", "condition", "value"], axis=1)
    table = table.assign(condition=table["condition"].astype(str))
    order = list(dict.fromkeys(table["condition"]))
    x = alt.X("condition:N", sort=order, title=None, axis=alt.Axis(labelLimit=120, labelFlush=False, **_NAMES))
    y = alt.Y("value:Q", title=title, axis=alt.Axis(tickCount=5), scale=alt.Scale(zero=False))
    tooltip = [
        alt.Tooltip("participant:N", title="Participant"),
        alt.Tooltip("condition:N", title="Stimulus"),
        alt.Tooltip("value:Q", format=".3f", title=title),
    ]
    base = alt.Chart(table, height=300).encode(x=x, y=y)
    lines = base.mark_line(color=EDGE, opacity=0.45).encode(detail="participant:N")
    dots = base.mark_circle(color=VIOLET, size=60, opacity=0.8).encode(tooltip=tooltip)
    middle = base.mark_tick(color=VIOLET, thickness=3, size=46).encode(y=alt.Y("mean(value):Q", title=title))
    return finish(lines + dots + middle, f"{title} of each person by stimulus, and the mean across people")
