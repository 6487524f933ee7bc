"""Packs the signals of eyes, gaze, head and movements for the player's lanes, about 30 bytes per face.

The header has ``signals`` (title, axis, lines, marks, how to read them, what to say without values), ``people`` (their
numbers) and ``units``.
The arrays after it are sorted by person and time:

==========  =======  ===================  ===============================================================
array       type     one per              meaning
==========  =======  ===================  ===============================================================
``first``   uint32   person, and 1        their first row; the last entry is the number of rows
``ticks``   uint32   row                  time in units of :data:`ui.player.pack.TICK_S`
a column    uint8    row                  share of the way from ``low`` to ``high`` of its signal × 254, or
                                          :data:`UNKNOWN`
==========  =======  ===================  ===============================================================
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from emotion.analytics.behaviour.signals import (
    EYES,
    GAZE,
    HEAD,
    Signal,
    has_eyes,
    has_movements,
    marks,
    signal_table,
    signals_of,
)
from emotion.analytics.edits import Edits
from emotion.types import Analysis
from emotion.vision.movement_codebook import MOVEMENTS
from ui.player.pack import TICK_S, join_arrays

STEPS = 254
UNKNOWN = 255

_NO_REST, _NOT_MEASURED = "face at rest unknown, set a baseline", "not measured"
"""What a lane says of a person without values: of movements, and of eyes, gaze and head."""


def offered_lanes(analysis: Analysis) -> list[dict[str, Any]]:
    """Return key, title and kind of the signals that an analysis has; much cheaper than :func:`pack_signals`."""
    timeline = analysis.timeline
    offered = [(EYES, "Eyes open", False), (GAZE, "Gaze", False)] if has_eyes(timeline) else []
    if timeline["yaw"].notna().any():
        offered.append((HEAD, "Head", False))
    if has_movements(timeline):
        offered += [(movement.name, movement.title, True) for movement in MOVEMENTS]
    return [{"key": key, "title": title, "movement": movement} for key, title, movement in offered]


def pack_signals(analysis: Analysis, edits: Edits) -> bytes:
    """Return the signals of everybody.

    Args:
        analysis: The analysis with its edits applied.
        edits: Its edits, for baselines.
    """
    table = signal_table(analysis.timeline, edits.baselines)
    signals = signals_of(table)
    people, first = np.unique(table["track_id"].to_numpy(), return_index=True)
    arrays: dict[str, NDArray] = {
        "first": np.append(first, len(table)).astype("<u4"),
        "ticks": np.rint(table["time_s"].to_numpy() / TICK_S).astype("<u4"),
    }
    for signal in signals:
        for column in signal.lines.values():
            arrays[column] = _steps(table[column], signal)
    found = marks(analysis.timeline, analysis.frames)
    head = {
        "signals": [_head(signal, found[found["signal"] == signal.key]) for signal in signals],
        "people": people.tolist(),
        "units": {"tick_s": TICK_S, "steps": STEPS},
    }
    return join_arrays(head, arrays, {name: np.ascontiguousarray(values).tobytes() for name, values in arrays.items()})


def _steps(values: pd.Series, signal: Signal) -> NDArray:
    shares = (values.to_numpy(np.float64) - signal.low) / (signal.high - signal.low)
    steps = np.rint(np.clip(np.nan_to_num(shares), 0, 1) * STEPS)
    return np.where(np.isfinite(shares), steps, UNKNOWN).astype("u1")


def _head(signal: Signal, found: pd.DataFrame) -> dict[str, Any]:
    return {
        "key": signal.key,
        "title": signal.title,
        "unit": signal.unit,
        "low": signal.low,
        "high": signal.high,
        "limit": signal.limit,
        "meaning": signal.meaning,
        "unknown": _NOT_MEASURED if signal.key in (EYES, GAZE, HEAD) else _NO_REST,
        "lines": [{"name": name, "column": column} for name, column in signal.lines.items()],
        "marks": [
            [int(track), str(kind), round(float(start_s), 3), round(float(end_s), 3)]
            for track, kind, start_s, end_s in found[["track_id", "kind", "start_s", "end_s"]].itertuples(index=False)
        ],
    }
