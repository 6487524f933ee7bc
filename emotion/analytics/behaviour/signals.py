"""Signals of eyes, gaze, head and movements over time, for charts: lines, and marks for blinks and gestures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from emotion.analytics.behaviour.blinks import MIN_RATE, relative_openness
from emotion.analytics.behaviour.episodes import HEAD as HEAD_KINDS
from emotion.analytics.behaviour.episodes import behaviour_episodes
from emotion.analytics.behaviour.gaze import TOWARDS_DEG, gaze_angle
from emotion.analytics.behaviour.gestures import MIN_FRAMES_PER_S
from emotion.analytics.behaviour.movements import measured_baselines, relative_movements
from emotion.analytics.edits import Span
from emotion.analytics.timeline import OPENNESS
from emotion.vision.movement_codebook import MEASURE_COLUMNS, MOVEMENTS, SIDES, Movement

EYES, GAZE, HEAD = "eyes", "gaze", "head"
"""Keys of the signals that are not movements; a movement's key is its name."""

MIN_MOVEMENT_SCALE = 0.1
"""Minimum upper end of a movement's axis, so that jitter does not look like a movement."""
_SCALE_STEP = 0.05
_SCALE_QUANTILE = 0.999
_POSE = {"Turn": "yaw", "Nod": "pitch", "Tilt": "roll"}


@dataclass(frozen=True, slots=True)
class Signal:
    """A signal over time, with its axis and explanation.

    Attributes:
        key: :data:`EYES`, :data:`GAZE`, :data:`HEAD` or the name of a movement.
        title: Display name.
        unit: Display name of the unit.
        low: Lower end of the axis.
        high: Upper end of the axis.
        lines: Display name → column of :func:`signal_table`.
        meaning: Explanation for readers.
        limit: Value marked by a dashed line; None for no line.
    """

    key: str
    title: str
    unit: str
    low: float
    high: float
    lines: Mapping[str, str]
    meaning: str
    limit: float | None = None


def has_movements(timeline: pd.DataFrame) -> bool:
    """Return whether facial movements were measured in a timeline."""
    columns = list(MEASURE_COLUMNS)
    return set(columns) <= set(timeline) and bool(timeline[columns].notna().to_numpy().any())


def has_eyes(timeline: pd.DataFrame) -> bool:
    """Return whether eyes were measured in a timeline."""
    return set(OPENNESS) <= set(timeline) and bool(timeline[OPENNESS].notna().to_numpy().any())


def signal_table(timeline: pd.DataFrame, baselines: Mapping[int, Span] | None = None) -> pd.DataFrame:
    """Return the values of all signals.

    Args:
        timeline: See ``docs/timeline-schema.md``; with edits applied.
        baselines: Track → the span in which this person is at rest; spans without known measures are ignored.

    Returns:
        ``track_id`` and ``time_s``, by person and time, then what was measured: ``open_left`` and ``open_right``
        (shares of the person's own open eye), ``gaze_angle`` (degrees from the camera), ``yaw``, ``pitch``, ``roll``,
        and the codebook's ``MOVEMENT_COLUMNS``.
    """
    rows = timeline.sort_values(["track_id", "time_s"], kind="stable", ignore_index=True)
    parts = [rows[["track_id", "time_s"]]]
    if has_eyes(rows):
        parts.append(_eyes(rows))
    if rows[["yaw", "pitch", "roll"]].notna().to_numpy().any():
        parts.append(rows[["yaw", "pitch", "roll"]].astype("float64"))
    if has_movements(rows):
        parts.append(relative_movements(rows, measured_baselines(rows, baselines or {})))
    return pd.concat(parts, axis=1)


def _eyes(rows: pd.DataFrame) -> pd.DataFrame:
    table = pd.DataFrame(np.nan, index=rows.index, columns=["open_left", "open_right"])
    for _, person in rows.groupby("track_id", observed=True):
        if person[OPENNESS].notna().any().all():
            table.loc[person.index] = relative_openness(person)
    return table.assign(gaze_angle=gaze_angle(rows["gaze_yaw"].to_numpy(), rows["gaze_pitch"].to_numpy()))


def signals_of(table: pd.DataFrame) -> tuple[Signal, ...]:
    """Return the signals that a table of :func:`signal_table` has: eyes, gaze, head, then movements."""
    signals = []
    if "open_left" in table:
        signals += [_EYES_SIGNAL, _GAZE_SIGNAL]
    if "yaw" in table:
        signals.append(_HEAD_SIGNAL)
    signals += [_of_movement(movement, table) for movement in MOVEMENTS if movement.name in table]
    return tuple(signals)


def marks(timeline: pd.DataFrame, frames: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return blinks, winks and closures as marks of :data:`EYES`, nods, shakes and tilts as marks of :data:`HEAD`.

    Args:
        timeline: See ``docs/timeline-schema.md``.
        frames: Its table of frames; None if only those with a face are known.

    Returns:
        ``signal``, ``track_id``, ``kind``, ``start_s`` and ``end_s``, by start.
    """
    found = behaviour_episodes(timeline, frames)
    of_head = found["kind"].isin(HEAD_KINDS)
    return found.assign(signal=of_head.map({True: HEAD, False: EYES}))[
        ["signal", "track_id", "kind", "start_s", "end_s"]
    ]


_EYES_SIGNAL = Signal(
    EYES,
    "Eyes open",
    "(1 = the person's own open eye)",
    0.0,
    1.25,
    {"Left eye": "open_left", "Right eye": "open_right"},
    "1 is the person's own open eye, 0 is shut. Left and right are the person's own. Marks: blinks (up to 0.5 s), "
    f"winks, and eyes closed for over 1 s; they need {MIN_RATE:.0f} analysed frames per second. Looking steeply down "
    "lowers the lids and counts as closed.",
    limit=0.5,
)
_GAZE_SIGNAL = Signal(
    GAZE,
    "Gaze",
    "° from the camera",
    0.0,
    45.0,
    {"Gaze": "gaze_angle"},
    f"Angle between the gaze and the direction to the camera. Below the dashed line at {TOWARDS_DEG:.0f}°, the person "
    "looks towards the camera. The mean error is about 7°, and wide angles are understated. Gaps: eyes shut or not "
    "visible.",
    limit=TOWARDS_DEG,
)
_HEAD_SIGNAL = Signal(
    HEAD,
    "Head",
    "°",
    -40.0,
    40.0,
    _POSE,
    "Above 0, turn is to the picture's right, nod is up, and tilt is clockwise in the picture. Marks: nods, "
    f"shakes and tilts; they need {MIN_FRAMES_PER_S:.0f} analysed frames per second.",
)


def _of_movement(movement: Movement, table: pd.DataFrame) -> Signal:
    lines = {side.capitalize(): f"{movement.name}_{side}" for side in SIDES} if movement.sided else {}
    lines = lines or {movement.title: movement.name}
    reach = table[list(lines.values())].quantile(_SCALE_QUANTILE).max()
    high = max(MIN_MOVEMENT_SCALE, round(float(np.ceil(np.nan_to_num(reach) / _SCALE_STEP)) * _SCALE_STEP, 2))
    return Signal(
        movement.name,
        movement.title,
        "eye distances",
        0.0,
        high,
        lines,
        "Movement from the person's face at rest, in distances between the eyes (0.1 is about 6 mm). 0 is at rest. "
        f"Resembles {movement.resembles} of the Facial Action Coding System, but was not validated on FACS-coded "
        "faces.",
    )


def envelope(table: pd.DataFrame, signal: Signal, edges: np.ndarray) -> pd.DataFrame:
    """Return minimum, mean and maximum of each line of a signal per time span, for one person.

    Args:
        table: One person's rows of :func:`signal_table`.
        signal: The signal.
        edges: ``(n + 1,)`` rising edges of the spans, s.

    Returns:
        ``line``, ``start_s``, ``end_s``, ``low``, ``mean``, ``high`` and ``run``, the number of the uninterrupted run
        of spans with values; spans without a value have no row.
    """
    place = np.clip(np.searchsorted(edges, table["time_s"].to_numpy(), side="right") - 1, 0, len(edges) - 2)
    parts = []
    for name, column in signal.lines.items():
        values = table[column].groupby(place).agg(["min", "mean", "max"]).dropna()
        spans = values.index.to_numpy()
        parts.append(
            pd.DataFrame(
                {
                    "line": name,
                    "start_s": edges[spans],
                    "end_s": edges[spans + 1],
                    "low": values["min"].to_numpy(),
                    "mean": values["mean"].to_numpy(),
                    "high": values["max"].to_numpy(),
                    "run": np.cumsum(np.diff(spans, prepend=-2) != 1),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)
