"""Finds nods, shakes and tilts of the head in head pose over time.

A nod or a shake goes back and forth: Hadar, Steiner and Clifford Rose (1985, Journal of Nonverbal Behavior 9:214–228)
found that movements which say "yes" or "no" are cyclic and symmetrical, whereas those that accompany speech are not.
A tilt is held. ``docs/movements.md`` gives the source of each threshold.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from emotion.analytics.behaviour.rate import MAX_GAP_S, frames_per_second, local_rates, rates_of
from emotion.analytics.durations import ROUNDING_S
from emotion.errors import TimelineError

NOD, SHAKE, TILT = "nod", "shake", "tilt"

SLOWEST_HZ, FASTEST_HZ = 0.7, 4.0
"""Band of nods and shakes. Standing people sway at 0.3–0.4 Hz; vigorous voluntary rotation of the head has a median of
at most 2.6 Hz (Grossman et al. 1988, Experimental Brain Research 70:470–476)."""
MIN_SWING_DEG = 4.0
"""Least angle from one turning point to the next in a nod or shake: seven standard deviations of the jitter that the
mesh's angles have in the worst of four clips."""
MIN_SWINGS = 3
"""Minimum number of consecutive swings, one and a half cycles: a glance also has one swing there and one back."""
MIN_SYMMETRY = 0.4
"""Minimum ratio of neighbouring swings, the smaller over the larger: a much wider swing is a turn of the head."""
MIN_TILT_DEG, MIN_TILT_S, MAX_TILT_S = 8.0, 0.4, 6.0
"""A tilt departs from the person's usual roll by this angle for this time; longer ones are posture."""
MIN_FRAMES_PER_S = 8.0
"""Coarser sampling misses nods and shakes: at :data:`FASTEST_HZ`, it would see each turning point at most once."""

_AXES = {NOD: "pitch", SHAKE: "yaw"}
_UNEVEN = 0.9
"""Tolerance for uneven frame times: each second of a stretch needs this share of :data:`MIN_FRAMES_PER_S`."""


@dataclass(frozen=True, slots=True)
class Gesture:
    """One gesture of one person.

    Attributes:
        track_id: The person's number.
        gesture: ``"nod"``, ``"shake"`` or ``"tilt"``.
        start_s: First turning point, estimated from the swings, or when a tilt passes its least angle, s.
        end_s: Last turning point, likewise, or when a tilt is back, s.
        cycles: Number of cycles, there and back; 0.5 for a tilt.
        amplitude_deg: Mean angle between turning points, or the largest angle of a tilt from the usual roll.
        frequency_hz: Cycles per second; NaN for a tilt.
        direction: ``"left"`` or ``"right"``, the person's own side, for a tilt; ``""`` otherwise.
    """

    track_id: int
    gesture: str
    start_s: float
    end_s: float
    cycles: float
    amplitude_deg: float
    frequency_hz: float
    direction: str


def find_gestures(timeline: pd.DataFrame, frames: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return the gestures of every person in a timeline.

    A stretch ends where a person is not seen, or has no pose, for more than half a second, and where too few frames
    are analysed (:func:`finely_sampled`); see also :func:`fastest_visible_hz`.

    Args:
        timeline: With ``time_s``, ``track_id``, ``yaw``, ``pitch`` and ``roll``.
        frames: Its table of frames; None if only those with a face are known.

    Returns:
        A row per gesture, by start, with the attributes of :class:`Gesture` as columns.

    Raises:
        TimelineError: A column is missing.
    """
    needed = ["time_s", "track_id", "yaw", "pitch", "roll"]
    missing = [name for name in needed if name not in timeline]
    if missing:
        raise TimelineError(f"expected the columns {', '.join(needed)}; got none called {', '.join(missing)}")
    found = [gesture for rows in _stretches(timeline, frames) for gesture in _gestures_of_stretch(rows)]
    found.sort(key=lambda one: (one.start_s, one.track_id, one.gesture))
    return pd.DataFrame([asdict(one) for one in found], columns=[field.name for field in fields(Gesture)])


def fastest_visible_hz(time_s: NDArray[np.float64]) -> float:
    """Return the fastest nod or shake that a frame rate shows, Hz: four frames per cycle, at most the band's upper end.

    Args:
        time_s: ``(n,)`` rising times of one person's rows, s.

    Returns:
        0 where fewer than :data:`MIN_FRAMES_PER_S` analysed frames per second show no gesture.
    """
    rate = _rate(time_s)
    return min(rate / 4, FASTEST_HZ) if rate >= MIN_FRAMES_PER_S else 0.0


def _rate(time_s: NDArray[np.float64]) -> float:
    # Rounded timestamps may turn 8 frames per second into 7.99.
    return round(frames_per_second(time_s), 1)


def finely_sampled(time_s: NDArray[np.float64], rates: NDArray[np.float64] | None = None) -> NDArray[np.bool_]:
    """Return which rows of a person, or which frames, are in stretches sampled finely enough for gestures.

    Args:
        time_s: ``(n,)`` rising times, s.
        rates: ``(n,)`` analysed frames per second around each; None to see from their times.
    """
    fine, numbers = _numbered_stretches(time_s, local_rates(time_s) if rates is None else rates)
    for number in np.unique(numbers[fine]):
        part = numbers == number
        fine[part] = _rate(time_s[part]) >= MIN_FRAMES_PER_S
    return fine


def _numbered_stretches(
    time_s: NDArray[np.float64], rates: NDArray[np.float64]
) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Return whether the frame rate around each row is high enough, and the number of its stretch, ``(n,)`` each."""
    fine = np.round(rates, 1) >= _UNEVEN * MIN_FRAMES_PER_S
    breaks = (np.diff(time_s) > MAX_GAP_S) | (np.diff(fine.astype(np.int8)) != 0)
    return fine, np.concatenate([[0], np.cumsum(breaks)])[: len(time_s)].astype(np.int64)


def _stretches(timeline: pd.DataFrame, frames: pd.DataFrame | None) -> Iterator[pd.DataFrame]:
    """Yield the rows of each person and uninterrupted stretch that is sampled finely enough."""
    known = timeline.assign(rate=rates_of(timeline, frames)).dropna(subset=["yaw", "pitch", "roll"])
    for _, rows in known.sort_values("time_s", kind="stable").groupby("track_id", sort=True):
        times = rows["time_s"].to_numpy(np.float64)
        fine, numbers = _numbered_stretches(times, rows["rate"].to_numpy(np.float64))
        for _, part in rows[fine].groupby(numbers[fine]):
            if len(part) > 2 and _rate(part["time_s"].to_numpy(np.float64)) >= MIN_FRAMES_PER_S:
                yield part


def _gestures_of_stretch(rows: pd.DataFrame) -> Iterator[Gesture]:
    track, time_s = int(rows["track_id"].iloc[0]), rows["time_s"].to_numpy(np.float64)
    angles = {axis: rows[axis].to_numpy(np.float64) for axis in ("yaw", "pitch", "roll")}
    for gesture, axis in _AXES.items():
        for turns, crossings in _oscillations(time_s, angles[axis]):
            part = slice(turns[0], turns[-1] + 1)
            if _leading_axis(time_s[part], {name: values[part] for name, values in angles.items()}) != axis:
                continue
            ends_s = float(time_s[turns[0]]), float(time_s[turns[-1]])
            yield _oscillation(track, gesture, np.abs(np.diff(angles[axis][turns])), crossings, ends_s)
    for first, last, angle in _tilts(time_s, angles["roll"]):
        side = "left" if angle > 0 else "right"
        yield Gesture(track, TILT, float(time_s[first]), float(time_s[last]), 0.5, abs(angle), float("nan"), side)


def _oscillation(
    track: int,
    gesture: str,
    swings: NDArray[np.float64],
    crossings: NDArray[np.float64],
    ends_s: tuple[float, float],
) -> Gesture:
    """Return a nod or shake that begins and ends half a swing before and after its crossings.

    The rows of its outer turning points, at ``ends_s``, are no better start and end, as the head may rest there for
    long, but the gesture lies between them: a video may begin or end in the middle of a swing.
    """
    half_period_s = float(np.diff(crossings).mean())
    start_s = max(float(crossings[0]) - half_period_s / 2, ends_s[0])
    end_s = min(float(crossings[-1]) + half_period_s / 2, ends_s[1])
    return Gesture(
        track, gesture, start_s, end_s, len(swings) / 2, float(swings.mean()), 0.5 / half_period_s, direction=""
    )


def _leading_axis(time_s: NDArray[np.float64], angles: Mapping[str, NDArray[np.float64]]) -> str:
    """Return the axis with the largest deviation from a straight line over the span, which ignores slow turns."""
    spreads = {
        axis: float(np.std(values - np.polyval(np.polyfit(time_s - time_s[0], values, 1), time_s - time_s[0])))
        for axis, values in angles.items()
    }
    return max(spreads, key=lambda axis: spreads[axis])


def _oscillations(
    time_s: NDArray[np.float64], angle: NDArray[np.float64]
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float64]]]:
    """Yield each run of swings in the band: its ``(k + 1,)`` turning points, as rows, and ``(k,)`` crossings, s.

    Half a period is the time between two crossings of the middle between turning points, where the angle changes
    fastest; turning points themselves are vague where the head rests.
    """
    turns = _turning_points(angle)
    swings = np.abs(np.diff(angle[turns]))
    crossings = np.array([_crossing(time_s, angle, *pair) for pair in itertools.pairwise(turns)])
    half_periods = np.diff(crossings)
    wider, narrower = np.maximum(swings[1:], swings[:-1]), np.minimum(swings[1:], swings[:-1])
    goes_on = (
        (half_periods >= 0.5 / fastest_visible_hz(time_s))
        & (half_periods <= 0.5 / SLOWEST_HZ)
        & (narrower >= MIN_SYMMETRY * wider)
    )
    starts = np.flatnonzero(~np.concatenate([[False], goes_on]))[: len(swings)]
    for first, after in itertools.pairwise([*starts.tolist(), len(swings)]):
        if after - first >= MIN_SWINGS:
            yield turns[first : after + 1], crossings[first:after]


def _crossing(time_s: NDArray[np.float64], angle: NDArray[np.float64], first: int, last: int) -> float:
    """Return when the angle first passes the middle between two turning points, s, interpolated between rows."""
    middle = (angle[first] + angle[last]) / 2
    beyond = (angle[first : last + 1] - middle) * np.sign(angle[last] - angle[first]) >= 0
    row = first + int(beyond.argmax())
    share = (middle - angle[row - 1]) / (angle[row] - angle[row - 1])
    return float(time_s[row - 1] + share * (time_s[row] - time_s[row - 1]))


def _turning_points(angle: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the rows at which an angle turns, each at least :data:`MIN_SWING_DEG` from the one before."""
    values = angle.tolist()
    turns: list[int] = []
    high = low = direction = 0
    for row, value in enumerate(values):
        if direction >= 0:
            if value > values[high]:
                high = row
            elif values[high] - value >= MIN_SWING_DEG:
                turns.append(high)
                direction, low = -1, row
        if direction <= 0:
            if value < values[low]:
                low = row
            elif value - values[low] >= MIN_SWING_DEG:
                turns.append(low)
                direction, high = 1, row
    if direction:
        turns.append(high if direction > 0 else low)
    return np.array(turns, np.int64)


def _tilts(time_s: NDArray[np.float64], roll: NDArray[np.float64]) -> Iterator[tuple[int, int, float]]:
    """Yield first and last row of each tilt, and its largest angle from the usual roll, degrees."""
    series = pd.Series(roll, index=pd.to_timedelta(time_s, unit="s"))
    # The window is over twice as long as a tilt, so the median is the usual roll.
    usual = series.rolling(pd.Timedelta(seconds=2 * MAX_TILT_S + 1), center=True, closed="both").median()
    away = roll - usual.to_numpy(np.float64)
    side = np.where(np.abs(away) >= MIN_TILT_DEG, np.sign(away), 0)
    begins = np.flatnonzero(np.diff(side, prepend=0))
    for first, after in itertools.pairwise([*begins.tolist(), len(side)]):
        lasts_s = time_s[after - 1] - time_s[first]
        if side[first] and MIN_TILT_S - ROUNDING_S <= lasts_s <= MAX_TILT_S + ROUNDING_S:
            peak = first + int(np.abs(away[first:after]).argmax())
            yield first, after - 1, float(away[peak])
