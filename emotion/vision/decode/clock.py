"""Computes the times of frames, even where a file's timestamps restart, jump, repeat or are briefly wrong.

Restarted recorders, concatenated files and bit errors leave timestamps that contradict each other. A frame keeps its
timestamp if that fits its neighbours; otherwise its time is interpolated from them. After a jump, a new segment starts
one frame duration after the last frame.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")
_Stamps = list[float | None]

_AHEAD = 8
"""How many stamps ahead decide whether a stamp or the clock is wrong."""
_TICK_S = 1e-6
"""Stamps closer than this are the same."""
_STEPS_TO_DOUBT = 2.5
"""A stamp later than so many usual steps is compared with those ahead."""


@dataclass(slots=True)
class Mended:
    """What was wrong with a stream's time stamps.

    Attributes:
        wrong: How many stamps did not fit between their neighbours.
        missing: How many pictures had no stamp.
        still: How many stamps were the same as the one before.
        jumps_s: Where the clock restarted or jumped, in mended time.
    """

    wrong: int = 0
    missing: int = 0
    still: int = 0
    jumps_s: list[float] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.wrong or self.missing or self.still or self.jumps_s)


class _Ahead(Generic[T]):
    """An iterator of which the next items can be looked at."""

    def __init__(self, items: Iterable[T]) -> None:
        self._items, self._waiting = iter(items), deque[T]()

    def __iter__(self) -> Iterator[T]:
        while True:
            if self._waiting:
                yield self._waiting.popleft()
                continue
            try:
                item = next(self._items)
            except StopIteration:
                return
            yield item

    def look(self) -> Iterable[T]:
        """Return the next few items."""
        while len(self._waiting) < _AHEAD:
            try:
                self._waiting.append(next(self._items))
            except StopIteration:
                break
        return tuple(self._waiting)


class Clock:
    """Gives pictures their times.

    Args:
        start_s: The stamp at which the file begins.
        step_s: Usual time between two pictures.
        longest_s: A gap longer than this is a jump of the clock.
        trusts_gaps: Whether no stamp is known to be late, so that every gap up to the longest is one of the pictures.
        is_real: Whether a longer gap, given by its stamps, is one in which the recording went on; then it stays.
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
        self.mended = Mended()
        """What was wrong so far."""

    def go_on(self, last_s: float) -> None:
        """Continue behind a picture of this time, up to which every stamp was right."""
        self._last_s = last_s

    def times(self, items: Iterable[T], stamp_of: Callable[[T], float | None]) -> Iterator[tuple[float, T]]:
        """Yield each item with its time in seconds; every time is later than the one before.

        Args:
            items: Pictures in the order in which they are shown, or anything else in the order of its stamps.
            stamp_of: Returns an item's stamp in seconds, None where there is none.
        """
        ahead = _Ahead(items)

        def stamps_ahead() -> _Stamps:
            return [stamp_of(other) for other in ahead.look()]

        for item in ahead:
            stamp = stamp_of(item)
            time_s = self._first(stamp, stamps_ahead) if self._last_s is None else self._next(stamp, stamps_ahead)
            self._last_s = time_s
            yield time_s, item

    def _first(self, stamp: float | None, stamps_ahead: Callable[[], _Stamps]) -> float:
        if stamp is None:
            self.mended.missing += 1
            return 0.0
        ahead = [] if self._trusts_gaps else _known(stamps_ahead())
        earlier = [one for one in ahead if one < stamp]
        if 2 * len(earlier) > len(ahead):
            self.mended.wrong += 1
            stamp = earlier[0] - self._step_s
        # Nothing is shown before the beginning.
        self._offset_s = min(self._offset_s, stamp)
        return stamp - self._offset_s

    def _next(self, stamp: float | None, stamps_ahead: Callable[[], _Stamps]) -> float:
        last_s = self._last_s or 0.0
        last = last_s + self._offset_s
        if stamp is None:
            self.mended.missing += 1
            return last_s + self._share(last, stamps_ahead())
        gap = 0.0 if abs(stamp - last) < _TICK_S else stamp - last
        is_far = gap > self._longest_s
        if gap > 0 and not is_far and (self._trusts_gaps or gap <= _STEPS_TO_DOUBT * self._step_s):
            return stamp - self._offset_s
        ahead = _known(stamps_ahead())
        # Those that go on from the last picture as if this stamp were not there.
        fitting = [one for one in ahead if last + _TICK_S <= one and (gap <= 0 or one < stamp)]
        if 2 * len(fitting) > len(ahead) or (not ahead and (gap < 0 or is_far)):
            self.mended.wrong += 1
            return last_s + self._share(last, stamps_ahead(), below=stamp if gap > 0 else None)
        if gap > 0 and (not is_far or self._is_real(last, stamp)):
            return stamp - self._offset_s
        return self._joined(stamp, gap)

    def _share(self, last: float, ahead: _Stamps, below: float | None = None) -> float:
        """Return how long after the last picture one without a right stamp is shown: evenly up to the next right one.

        Args:
            last: The stamp of the last picture.
            ahead: The next stamps.
            below: The next right one is less than this.
        """
        for place, one in enumerate(ahead):
            if one is not None and _TICK_S <= one - last <= self._longest_s and (below is None or one < below):
                return (one - last) / (place + 2)
        return self._step_s

    def _joined(self, stamp: float, gap: float) -> float:
        """Begin a segment right behind the last picture."""
        time_s = (self._last_s or 0.0) + self._step_s
        if gap == 0:
            self.mended.still += 1
        else:
            self.mended.jumps_s.append(time_s)
        self._offset_s = stamp - time_s
        return time_s


def _known(stamps: _Stamps) -> list[float]:
    return [stamp for stamp in stamps if stamp is not None]
