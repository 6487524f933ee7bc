"""Relates the time of a stream to a clock, from frames that arrive with changing delays.

Frames carry times of the camera, which are regular; they arrive later, by a delay that changes with the load. The least
delay of the last half minute is taken as the constant one, so stamps are as regular as the camera and follow its drift.
"""

from __future__ import annotations

from collections import deque

WINDOW_S = 30.0


class StreamClock:
    """Maps times of one stream to a clock and back."""

    def __init__(self) -> None:
        # Ascending offsets with their time: the first is the least of the window.
        self._least: deque[tuple[float, float]] = deque()
        self._stamp_s = float("-inf")

    @property
    def is_known(self) -> bool:
        """Whether a frame has come."""
        return bool(self._least)

    def stamp(self, time_s: float, arrived_s: float) -> float:
        """Note a frame, and return its time on the clock, later than the last frame's.

        Args:
            time_s: Its time in the stream, seconds; ascending.
            arrived_s: The clock when it arrived, seconds.
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
