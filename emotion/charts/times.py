"""Axes and tooltips of time: seconds in short videos, and the player's minutes and hours in long ones."""

from __future__ import annotations

import math
from collections.abc import Sequence

import altair as alt
import pandas as pd

LONG_S = 120.0
"""From this end on, an axis has minutes and seconds."""

_TICKS = 8
_STEPS_S = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200)


def seconds_axis(
    field: str = "time_s:Q", domain: Sequence[float] | None = None, title: str = "Time", *, clock: bool = False
) -> alt.X:
    """Return an axis of time, in seconds or, if it ends late, in minutes and seconds.

    Args:
        field: The field with seconds.
        domain: Both ends of the axis, s; None for those of the data, always in seconds.
        title: Title without the unit.
        clock: Use minutes and seconds for a short time as well.
    """
    # Explicit, as layers of rectangles would make the axis begin at 0.
    scale = alt.Scale(domain=alt.Undefined if domain is None else list(domain), nice=False, zero=False)
    if domain is None or not (clock or domain[1] >= LONG_S):
        return alt.X(field, title=f"{title}, s", axis=alt.Axis(tickCount=_TICKS, grid=False), scale=scale)
    start_s, end_s = float(domain[0]), float(domain[1])
    step_s = _step_s(end_s - start_s)
    values = [place * step_s for place in range(math.ceil(start_s / step_s), math.floor(end_s / step_s) + 1)]
    labels = _clock("datum.value", "02d" if step_s >= 1 else "04.1f")
    unit = "h:min:s" if end_s >= 3600 else "min:s"
    axis = alt.Axis(values=values, labelExpr=labels, grid=False)
    return alt.X(field, title=f"{title}, {unit}", axis=axis, scale=scale)


def ends_of(*times_s: pd.Series) -> tuple[float, float] | None:
    """Return the first and the last time of columns of seconds; None if they are empty."""
    both = pd.concat(times_s)
    return (float(both.min()), float(both.max())) if both.notna().any() else None


def moment_tooltip(field: str = "time_s", title: str = "Time") -> alt.Tooltip:
    """Return a tooltip line with a time. The chart needs :func:`with_times` of the same field."""
    return alt.Tooltip(f"{field}_text:N", title=title)


def span_tooltips() -> list[alt.Tooltip]:
    """Return tooltip lines with a span. The chart needs :func:`with_times` of ``start_s`` and ``end_s``."""
    return [moment_tooltip("start_s", "From"), moment_tooltip("end_s", "To")]


def with_times(chart: alt.Chart, *fields: str) -> alt.Chart:
    """Return a chart that computes the texts of times for tooltips, such as ``12.34 s`` or ``41:40.00``.

    Args:
        chart: The chart.
        fields: Columns with seconds; none for ``start_s`` and ``end_s``.
    """
    texts = {
        f"{field}_text": f"abs(datum.{field}) < 60 ? format(datum.{field}, '.2f') + ' s' : "
        + _clock(f"datum.{field}", "05.2f")
        for field in fields or ("start_s", "end_s")
    }
    return chart.transform_calculate(**texts)


def _step_s(length_s: float) -> float:
    """Return the distance of ticks, s."""
    fitting = (step_s for step_s in _STEPS_S if length_s / step_s <= _TICKS)
    return next(fitting, math.ceil(length_s / _TICKS / 3600) * 3600.0)


def _clock(value: str, seconds: str) -> str:
    """Return a Vega expression for ``m:ss`` or ``h:mm:ss``.

    Args:
        value: Expression of a number of seconds.
        seconds: d3 format of the seconds.
    """
    # Rounded first, so that 119.999 s is 2:00 and not 1:60.
    size = f"(round(abs({value}) * 100) / 100)"
    hours = f"({size} < 3600 ? floor({size} / 60) + ':' : floor({size} / 3600) + ':' + "
    hours += f"format(floor({size} / 60) % 60, '02d') + ':')"
    return f"({value} < 0 ? '−' : '') + {hours} + format({size} % 60, '{seconds}')"
