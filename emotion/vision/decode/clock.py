"""Computes the times of frames, even where a file's timestamps restart, jump, repeat or are briefly wrong.

Restarted recorders, concatenated files and bit errors leave timestamps that contradict each other. A frame keeps its
timestamp if that fits its neighbours; otherwise its time is interpolated from them. After a jump, a new segment starts
one frame duration after the last frame.
"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Generic, Self, TypeVar

T = TypeVar("T")
_Stamps = list[float | None]

_AHEAD = 8
"""Number of following stamps that decide whether a stamp or the clock is wrong."""
_TICK_S = 1e-6
"""Stamps closer than this are equal."""
_STEPS_TO_DOUBT = 2.5
"""A stamp more than this many usual steps later is checked against the following ones."""


@dataclass(slots=True)
class Repairs:
    """Repairs of a stream's timestamps.

    Attributes:
        wrong: Number of stamps that did not fit between their neighbours.
        missing: Number of frames without a stamp.
        still: Number of stamps equal to the one before.
        jumps_s: Repaired times at which the clock restarted or jumped.
    """

    wrong: int = 0
    missing: int = 0
    still: int = 0
    jumps_s: list[float] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.wrong or self.missing or self.still or self.jumps_s)


class _Ahead(Generic[T]):
    """An iterator with a preview of the next items."""

    def __init__(self, items: Iterable[T]) -> None:
        self._items, self._waiting = iter(items), deque[T]()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> T:
        return self._waiting.popleft() if self._waiting else next(self._items)

    def peek(self) -> tuple[T, ...]:
        self._waiting.extend(itertools.islice(self._items, _AHEAD - len(self._waiting)))
        return tuple(self._waiting)


class Clock:
    """Computes the times of frames from their stamps.

    Args:
        start_s: The stamp at which the file begins.
        step_s: Usual time between two frames.
        longest_s: A longer gap is a jump of the clock.
        trusts_gaps: Whether to keep every gap up to the longest without checking the following stamps.
        is_real: Returns whether a longer gap, given by its stamps, was recorded; then it is kept.
    """

    def __init__(
        self,
        start_s: float,
        step_s: float,
        longest_s: float,
        *,
        trusts_gaps: bool = False,
        is_real: Callable[[float, float], bool] = lambda first_s, last_s: False,
    ) -> None:
        self._offset_s, self._step_s, self._longest_s = start_s, step_s, longest_s
        self._trusts_gaps, self._is_real = trusts_gaps, is_real
        self._last_s: float | None = None
        self.repairs = Repairs()

    def continue_after(self, last_s: float) -> None:
        """Continue after a frame of this time, up to which every stamp was right."""
        self._last_s = last_s

    def times(self, items: Iterable[T], stamp_of: Callable[[T], float | None]) -> Iterator[tuple[float, T]]:
        """Yield each item with its time in seconds; every time is later than the one before.

        Args:
            items: Frames in display order, or anything else in the order of its stamps.
            stamp_of: Returns an item's stamp in seconds, or None.
        """
        ahead = _Ahead(items)

        def stamps_ahead() -> _Stamps:
            return [stamp_of(other) for other in ahead.peek()]

        for item in ahead:
            stamp = stamp_of(item)
            time_s = self._first(stamp, stamps_ahead) if self._last_s is None else self._next(stamp, stamps_ahead)
            self._last_s = time_s
            yield time_s, item

    def _first(self, stamp: float | None, stamps_ahead: Callable[[], _Stamps]) -> float:
        if stamp is None:
            self.repairs.missing += 1
            return 0.0
        ahead = [] if self._trusts_gaps else _known(stamps_ahead())
        earlier = [one for one in ahead if one < stamp]
        if 2 * len(earlier) > len(ahead):
            self.repairs.wrong += 1
            stamp = earlier[0] - self._step_s
        # No frame has a negative time.
        self._offset_s = min(self._offset_s, stamp)
        return stamp - self._offset_s

    def _next(self, stamp: float | None, stamps_ahead: Callable[[], _Stamps]) -> float:
        last_s = self._last_s or 0.0
        last = last_s + self._offset_s
        if stamp is None:
            self.repairs.missing += 1
            return last_s + self._share(last, stamps_ahead())
        gap = 0.0 if abs(stamp - last) < _TICK_S else stamp - last
        is_far = gap > self._longest_s
        if gap > 0 and not is_far and (self._trusts_gaps or gap <= _STEPS_TO_DOUBT * self._step_s):
            return stamp - self._offset_s
        ahead = _known(stamps_ahead())
        # Following stamps that would fit if this one were left out.
        fitting = [one for one in ahead if last + _TICK_S <= one and (gap <= 0 or one < stamp)]
        if 2 * len(fitting) > len(ahead) or (not ahead and (gap < 0 or is_far)):
            self.repairs.wrong += 1
            return last_s + self._share(last, stamps_ahead(), below=stamp if gap > 0 else None)
        if gap > 0 and (not is_far or self._is_real(last, stamp)):
            return stamp - self._offset_s
        return self._joined(stamp, gap)

    def _share(self, last: float, ahead: _Stamps, below: float | None = None) -> float:
        """Return the time from the last frame to one without a valid stamp, interpolated up to the next valid one.

        Args:
            last: The stamp of the last frame.
            ahead: The following stamps.
            below: Upper bound of the next valid stamp.
        """
        for place, one in enumerate(ahead):
            if one is not None and _TICK_S <= one - last <= self._longest_s and (below is None or one < below):
                return (one - last) / (place + 2)
        return self._step_s

    def _joined(self, stamp: float, gap: float) -> float:
        """Begin a segment one step after the last frame."""
        time_s = (self._last_s or 0.0) + self._step_s
        if gap == 0:
            self.repairs.still += 1
        else:
            self.repairs.jumps_s.append(time_s)
        self._offset_s = stamp - time_s
        return time_s


def _known(stamps: _Stamps) -> list[float]:
    return [stamp for stamp in stamps if stamp is not None]
