"""Packs a person's last 30 seconds for the browser, as columns of equal width."""

from __future__ import annotations

import base64
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from emotion.labels import display_order
from emotion.live import Series

SPAN_S = 30.0
COLUMNS = 300
UNCLEAR = 255
UNSEEN = 254
_STEP_S = SPAN_S / COLUMNS
_STANDS_S = 2 * _STEP_S
"""How long the last sample before a gap is shown."""
_JOINED_S = 0.5
"""Neighbouring samples farther apart than this have a gap between them; see :class:`emotion.live.Series`."""


def pack_lane(series: Series, labels: Sequence[str], now_s: float, abstain_below: float) -> str:
    """Return the columns of a series as base64 of bytes.

    Columns lie on a fixed time grid, so a lane scrolls by whole columns without flicker.

    Args:
        series: A person's series in a snapshot.
        labels: The expressions of its columns.
        now_s: When the snapshot was taken, in seconds of the stream.
        abstain_below: Top probability below which an answer is unclear.

    Returns:
        One byte per column for the leading label's place in the display order, :data:`UNCLEAR` or :data:`UNSEEN`; then
        each column's probabilities × 255, in display order.
    """
    place, seen = _nearest(series, now_s)
    values = series.values[place] if len(series.time_s) else np.zeros((COLUMNS, series.values.shape[1]), np.float32)
    values = values[:, [labels.index(label) for label in display_order(labels)]]
    needed = series.required[place] if series.required is not None and len(series.time_s) else abstain_below
    leading = np.where(values.max(axis=1) < needed, UNCLEAR, values.argmax(axis=1))
    head = np.where(seen, leading, UNSEEN).astype(np.uint8)
    shares = np.rint(values * seen[:, None] * 255).astype(np.uint8)
    return base64.b64encode(head.tobytes() + shares.tobytes()).decode("ascii")


def _nearest(series: Series, now_s: float) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """Return each column's sample, and whether the person was seen then."""
    if not len(series.time_s):
        return np.zeros(COLUMNS, np.intp), np.zeros(COLUMNS, bool)
    last = np.floor(now_s / _STEP_S)
    middles = (last - np.arange(COLUMNS)[::-1] + 0.5) * _STEP_S - now_s
    times = series.time_s
    place = np.clip(np.searchsorted(times, middles, side="right") - 1, 0, len(times) - 1)
    following = np.append(times[1:], times[-1] + _STEP_S)[place]
    joined = following - times[place] <= _JOINED_S
    seen = (middles >= times[place] - _STEP_S) & (
        (middles - times[place] <= _STANDS_S) | ((middles < following) & joined)
    )
    return place, seen
