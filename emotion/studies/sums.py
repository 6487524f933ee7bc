"""Sums of one cell of a study: per second of stimulus time, weighted by how long each frame lasts."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emotion.analytics.durations import clipped
from emotion.analytics.edits import Span
from emotion.studies.rows import Rows
from emotion.studies.windows import Window

_Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class CellSums:
    """Sums of one person over the windows of one cell.

    Attributes:
        measures: Names of the ``m`` measures.
        second: ``(s,)`` seconds of stimulus time that have rows, ascending; −1 is the second before time 0.
        totals: ``(s, m)`` sums of value × duration, float32.
        weights: ``(s, k)`` durations in which measures are known, s, float32; measures known in the same frames share
            a column.
        weight_of: ``(m,)`` column of ``weights`` of each measure.
        seconds: ``(s,)`` durations in which the person is seen, s.
        frames: ``(s,)`` numbers of frames with the person.
        known: ``(m,)`` numbers of frames in which each measure is known.
        window_s: Duration of the windows, as far as frames were analysed, s.
        windows: How many windows there are.
        people: How many tracks are in the windows.
        track: The participant's track, which may not be seen; None if nobody in view can be the participant.
    """

    measures: tuple[str, ...]
    second: NDArray[np.int32]
    totals: NDArray[np.float32]
    weights: NDArray[np.float32]
    weight_of: NDArray[np.intp]
    seconds: _Floats
    frames: NDArray[np.int32]
    known: NDArray[np.int64]
    window_s: float
    windows: int
    people: int
    track: int | None

    @property
    def seen(self) -> float:
        """Share of the windows in which the person is seen, 0–1."""
        return float(self.seconds.sum()) / self.window_s if self.window_s > 0 else 0.0

    def means(self) -> _Floats:
        """Return the ``(m,)`` mean of each measure over all windows; NaN where it is never known."""
        return _ratio(self.totals.sum(axis=0, dtype=np.float64), self._durations())

    def by_measure(self) -> Iterator[tuple[str, float, int, float]]:
        """Yield each measure with its mean, and the frames and seconds in which it is known."""
        seconds = self._durations().tolist()
        yield from zip(self.measures, self.means().tolist(), self.known.tolist(), seconds, strict=True)

    def curve(self, measure: str) -> _Floats:
        """Return the ``(s,)`` means of a measure in each second; NaN where it is unknown."""
        if measure not in self.measures:
            return np.full(len(self.second), np.nan)
        place = self.measures.index(measure)
        return _ratio(self.totals[:, place], self.weights[:, self.weight_of[place]])

    def _durations(self) -> _Floats:
        return np.asarray(self.weights.sum(axis=0, dtype=np.float64)[self.weight_of])


def sum_cell(rows: Rows, windows: Sequence[Window], track: int | None = None, others: Container[int] = ()) -> CellSums:
    """Sum a person's rows over windows; repeated windows are added up at their own time 0.

    Args:
        rows: The timeline.
        windows: Where to look.
        track: The person, who may not be seen; None for the one seen longest.
        others: Tracks of other people, who are not chosen.
    """
    parts = [_part(rows, window) for window in windows]
    places = np.concatenate([part[0] for part in parts])
    second = np.concatenate([part[1] for part in parts])
    duration = np.concatenate([part[2] for part in parts])
    window_s = sum(part[3] for part in parts)
    tracks = rows.track[places]
    there = _durations_of(tracks, duration)
    chosen = longest_seen(there, others) if track is None else track
    own = tracks == chosen
    return _sums(rows, places[own], second[own], duration[own], window_s, len(windows), len(there), chosen)


def longest_seen(seen: Mapping[int, float], others: Container[int]) -> int | None:
    """Return the track seen longest that is not one of ``others``; None if there is none."""
    return max((track for track in seen if track not in others), key=seen.__getitem__, default=None)


def seen_s(rows: Rows, windows: Sequence[Window]) -> dict[int, float]:
    """Return track → how long it is seen in windows, s."""
    parts = [_part(rows, window) for window in windows]
    places, duration = (np.concatenate([part[at] for part in parts]) for at in (0, 2))
    return _durations_of(rows.track[places], duration)


def _part(rows: Rows, window: Window) -> tuple[NDArray[np.intp], NDArray[np.int64], _Floats, float]:
    """Return the rows of a window: their places, seconds of stimulus time and durations; and the window's duration."""
    places, times, duration = _clipped(rows.time_s, rows.seconds, rows.frame_time_s, window)
    # A nanosecond absorbs rounding of times like 0.1 · 30.
    second = np.floor(times - window.zero_s + 1e-9).astype(np.int64)
    _, _, frames = _clipped(rows.frame_time_s, rows.frame_seconds, rows.frame_time_s, window)
    return places, second, duration, float(frames.sum())


def _clipped(
    times: _Floats, seconds: _Floats, frame_times: _Floats, window: Window
) -> tuple[NDArray[np.intp], _Floats, _Floats]:
    """Return the places of rows in a window, and their starts and durations in it, s."""
    # The frame before the window may last into it.
    frame = max(int(np.searchsorted(frame_times, window.start_s)) - 1, 0)
    from_s = min(float(frame_times[frame]), window.start_s) if len(frame_times) else window.start_s
    first, last = np.searchsorted(times, (from_s, window.end_s))
    near = slice(int(first), int(last))
    starts, lasting, shown = clipped(times[near], seconds[near], Span(window.start_s, window.end_s))
    return np.arange(near.start, near.stop)[shown], starts[shown], lasting[shown]


def _durations_of(tracks: NDArray[np.int32], duration: _Floats) -> dict[int, float]:
    there, inverse = np.unique(tracks, return_inverse=True)
    return dict(zip(there.tolist(), np.bincount(inverse, weights=duration, minlength=len(there)).tolist(), strict=True))


def _sums(
    rows: Rows,
    places: NDArray[np.intp],
    second: NDArray[np.int64],
    duration: _Floats,
    window_s: float,
    windows: int,
    people: int,
    track: int | None,
) -> CellSums:
    if windows > 1:
        order = np.argsort(second, kind="stable")
        places, second, duration = places[order], second[order], duration[order]
    values = rows.values if len(places) == len(rows.values) and windows == 1 else rows.values[places]
    starts = np.flatnonzero(np.append(True, np.diff(second) != 0)[: len(second)])
    known = ~np.isnan(values)
    different, weight_of = _different_columns(known)
    return CellSums(
        measures=rows.measures,
        # Thousands of cells are kept: 32 bits halve their memory, and err by a ten-millionth.
        second=second[starts].astype(np.int32),
        totals=_by_second(np.nan_to_num(values) * duration[:, None], starts).astype(np.float32),
        weights=_by_second(different * duration[:, None], starts).astype(np.float32),
        weight_of=weight_of,
        seconds=_by_second(duration, starts),
        frames=np.diff(np.append(starts, len(second))).astype(np.int32),
        known=known.sum(axis=0),
        window_s=window_s,
        windows=windows,
        people=people,
        track=track,
    )


def _different_columns(known: NDArray[np.bool_]) -> tuple[NDArray[np.bool_], NDArray[np.intp]]:
    """Return the columns that differ, and for each column the place of its like among them."""
    places: dict[bytes, int] = {}
    bits = np.packbits(known, axis=0)
    like = np.array([places.setdefault(column.tobytes(), len(places)) for column in bits.T], np.intp)
    _, first = np.unique(like, return_index=True)
    return known[:, first], like


def _by_second(values: _Floats, starts: NDArray[np.intp]) -> _Floats:
    return np.add.reduceat(values, starts) if len(starts) else values[:0]


def _ratio(total: NDArray[np.floating], weight: NDArray[np.floating]) -> _Floats:
    return np.divide(total, weight, out=np.full(total.shape, np.nan), where=weight > 0)
