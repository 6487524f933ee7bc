"""Converts between a stream's time and a clock, despite varying delays of the frames.

The camera's own times are regular, but each frame arrives after a delay that depends on the load. The smallest delay of
the last half minute is taken as constant, so timestamps are as regular as the camera's times and follow its drift.
"""

from __future__ import annotations

import time
from collections import deque

WINDOW_S = 30.0


class StreamClock:
    """Maps times of one stream to a clock and back."""

    def __init__(self) -> None:
        # Time and offset, by ascending offset: the first is the smallest of the window.
        self._least: deque[tuple[float, float]] = deque()
        self._stamp_s = float("-inf")

    def stamp(self, time_s: float, arrived_s: float) -> float:
        """Register a frame, and return its time on the clock, which is always later than that of the previous frame.

        Args:
            time_s: Time of the frame in the stream, seconds; ascending.
            arrived_s: Time on the clock when it arrived, seconds.
        """
        offset = arrived_s - time_s
        while self._least and self._least[-1][1] >= offset:
            self._least.pop()
        self._least.append((time_s, offset))
        while self._least[0][0] < time_s - WINDOW_S:
            self._least.popleft()
        self._stamp_s = max(time_s + self._least[0][1], self._stamp_s + 1e-6)
        return self._stamp_s

    def stream_time(self, clock_s: float) -> float | None:
        """Return the stream's time at a moment of the clock, seconds; None before the first frame."""
        return clock_s - self._least[0][1] if self._least else None


def unix_time(clock_s: float) -> float:
    """Return the Unix time, seconds, of a moment of ``time.perf_counter``."""
    return time.time() - (time.perf_counter() - clock_s)
