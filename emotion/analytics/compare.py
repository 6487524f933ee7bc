"""Compares two people or two analyses on a common time axis."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from emotion.analytics.apply import part_of
from emotion.analytics.heat import time_bins
from emotion.analytics.timeline import probability_columns
from emotion.labels import display_order
from emotion.types import Analysis

MAX_POINTS = 400
"""Spans of the common axis; two lines for each of five labels are then 4,000 marks."""

_MIN_FOR_CORRELATION = 3


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """One side of a comparison.

    Attributes:
        name: Display name.
        analysis: The analysis, possibly edited and smoothed.
        track: One person; None for everybody.
        offset_s: Added to its times, s.
    """

    name: str
    analysis: Analysis
    track: int | None = None
    offset_s: float = 0.0


def common_labels(first: Side, second: Side) -> tuple[str, ...]:
    """Return the labels that both sides know, in the order of charts."""
    return display_order(set(first.analysis.labels) & set(second.analysis.labels))


def on_one_axis(first: Side, second: Side, points: int = MAX_POINTS) -> pd.DataFrame:
    """Return both sides' mean probabilities in equal spans of the common time axis.

    Args:
        first: One side.
        second: The other side; its frame rate may differ.
        points: Number of spans.

    Returns:
        ``side`` (0 or 1), ``bin``, ``time_s`` (middle of the span on the common axis) and ``p_<label>`` of the common
        labels. A span in which a side has no face has no row for it.
    """
    columns = probability_columns(common_labels(first, second))
    tables = [_shifted(side, columns) for side in (first, second)]
    times = pd.concat([table["time_s"] for table in tables])
    if times.empty:
        return pd.DataFrame(columns=["side", "bin", "time_s", *columns])
    points = max(min(points, max(table["time_s"].nunique() for table in tables)), 1)
    edges = np.linspace(float(times.min()), float(times.max()) + 1e-6, points + 1)
    middles = (edges[:-1] + edges[1:]) / 2
    parts = []
    for number, table in enumerate(tables):
        means = table[columns].groupby(time_bins(table["time_s"], edges)).mean().rename_axis("bin").reset_index()
        parts.append(means.assign(side=number, time_s=middles[means["bin"]]))
    return pd.concat(parts, ignore_index=True)[["side", "bin", "time_s", *columns]]


def _shifted(side: Side, columns: list[str]) -> pd.DataFrame:
    rows = part_of(side.analysis, track=side.track).timeline
    return rows[columns].astype("float64").assign(time_s=rows["time_s"] + side.offset_s)


def comparison_figures(first: Side, second: Side) -> pd.DataFrame:
    """Return both sides' figures over the time in which both show a face.

    Returns:
        ``emotion``, ``first`` and ``second`` (mean probability, 0–1), ``difference`` (second − first) and
        ``correlation`` (Pearson's, over the spans of :func:`on_one_axis`; NaN with fewer than three spans or a
        constant side). Empty if they have no time in common.
    """
    table = on_one_axis(first, second)
    left, right = (table[table["side"] == number].set_index("bin") for number in (0, 1))
    both = left.index.intersection(right.index)
    columns = ["emotion", "first", "second", "difference", "correlation"]
    if both.empty:
        return pd.DataFrame(columns=columns)
    rows = []
    for label in common_labels(first, second):
        a, b = left.loc[both, f"p_{label}"], right.loc[both, f"p_{label}"]
        steady = len(both) < _MIN_FOR_CORRELATION or min(a.std(), b.std()) < 1e-9
        rows.append((label, a.mean(), b.mean(), b.mean() - a.mean(), np.nan if steady else a.corr(b)))
    return pd.DataFrame(rows, columns=columns)
