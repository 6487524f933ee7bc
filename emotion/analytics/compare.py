"""Compares two people or two analyses on a common time axis."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from emotion.analytics.apply import part_of
from emotion.analytics.durations import ROUNDING_S, counted_durations, sums_between
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
        labels, each frame weighted by how long it lasts in the span. A span in which a side has no face has no row for
        it.
    """
    columns = probability_columns(common_labels(first, second))
    sides = [_held(side, columns) for side in (first, second)]
    shown = [side for side in sides if len(side.starts_s)]
    if not shown:
        return pd.DataFrame(columns=["side", "bin", "time_s", *columns])
    points = max(min(points, max(len(side.starts_s) for side in shown)), 1)
    start_s, end_s = min(side.starts_s[0] for side in shown), max(side.ends_s[-1] for side in shown)
    edges = np.linspace(start_s, end_s, points + 1)
    middles = (edges[:-1] + edges[1:]) / 2
    return pd.concat([_means_in(side, number, edges, middles, columns) for number, side in enumerate(sides)])


@dataclass(frozen=True, slots=True, eq=False)
class _Held:
    """The frames of one side that show a face, in order of time; each value holds until the frame ends.

    Attributes:
        starts_s: ``(n,)`` on the common axis, s.
        ends_s: ``(n,)``; frames do not overlap.
        values: ``(n, k)`` mean probabilities of the faces in each frame.
    """

    starts_s: NDArray[np.float64]
    ends_s: NDArray[np.float64]
    values: NDArray[np.float64]

    def between(self, edges_s: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return ``(m,)`` seconds with a face and ``(m, k)`` sums of value × time between ``m + 1`` rising edges."""
        values = np.column_stack([np.ones(len(self.values)), self.values])
        found = sums_between(self.starts_s, self.ends_s, values, edges_s)
        return found[:, 0], found[:, 1:]


def _held(side: Side, columns: list[str]) -> _Held:
    part = part_of(side.analysis, track=side.track)
    values = part.timeline[columns].astype("float64").groupby(part.timeline["frame_index"]).mean()
    shown = part.frames["frame_index"].isin(values.index).to_numpy()
    starts_s = part.frames["time_s"].to_numpy(np.float64)[shown] + side.offset_s
    ends_s = starts_s + counted_durations(part.frames)[shown]
    ends_s[:-1] = np.minimum(ends_s[:-1], starts_s[1:])
    return _Held(starts_s, ends_s, values.to_numpy(np.float64))


def _means_in(
    side: _Held, number: int, edges: NDArray[np.float64], middles: NDArray[np.float64], columns: list[str]
) -> pd.DataFrame:
    seconds, sums = side.between(edges)
    seen = seconds > ROUNDING_S
    means = pd.DataFrame(sums[seen] / seconds[seen, None], columns=columns)
    means.insert(0, "time_s", middles[seen])
    means.insert(0, "bin", np.flatnonzero(seen))
    means.insert(0, "side", number)
    return means


def _common_means(first: _Held, second: _Held) -> NDArray[np.float64] | None:
    """Return the ``(2, k)`` means of both sides over the time in which both show a face; None without any."""
    edges = np.unique(np.concatenate([first.starts_s, first.ends_s, second.starts_s, second.ends_s]))
    if len(edges) < 2:
        return None
    # No frame begins or ends between two edges, so each side shows a face for all of that time or for none of it.
    (seconds, sums), (others, other_sums) = first.between(edges), second.between(edges)
    both = np.minimum(seconds, others) > ROUNDING_S
    if not both.any():
        return None
    return np.stack([sums[both].sum(axis=0), other_sums[both].sum(axis=0)]) / seconds[both].sum()


def comparison_figures(first: Side, second: Side) -> pd.DataFrame:
    """Return both sides' figures over the time in which both show a face.

    The value of a frame, the mean of its faces, holds until the next analysed frame. So neither side's figures depend
    on how the other one was sampled.

    Returns:
        ``emotion``, ``first`` and ``second`` (mean probability, 0–1), ``difference`` (second − first) and
        ``correlation`` (Pearson's, over the spans of :func:`on_one_axis`; NaN with fewer than three spans or a
        constant side). Empty if they have no time in common.
    """
    labels = common_labels(first, second)
    sides = [_held(side, probability_columns(labels)) for side in (first, second)]
    columns = ["emotion", "first", "second", "difference", "correlation"]
    means = _common_means(*sides)
    if means is None:
        return pd.DataFrame(columns=columns)
    table = on_one_axis(first, second)
    left, right = (table[table["side"] == number].set_index("bin") for number in (0, 1))
    both = left.index.intersection(right.index)
    rows = []
    for label, one, other in zip(labels, *means.tolist(), strict=True):
        a, b = left.loc[both, f"p_{label}"], right.loc[both, f"p_{label}"]
        steady = len(both) < _MIN_FOR_CORRELATION or min(a.std(), b.std()) < 1e-9
        rows.append((label, one, other, other - one, np.nan if steady else a.corr(b)))
    return pd.DataFrame(rows, columns=columns)
