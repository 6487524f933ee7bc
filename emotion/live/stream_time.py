"""The time of a stream: from the pictures' own timestamps, and never back, whatever these do."""

from __future__ import annotations

MAX_AHEAD_S = 5.0
"""A timestamp that leaps further ahead of the clock than this is an error, not a gap."""
_LEAST_STEP_S = 1e-3


class StreamTime:
    """Turns timestamps into seconds since the first picture, strictly ascending.

    A step from one timestamp to the next is believed if it goes ahead and is not much longer than what the clock says
    has passed: cameras are restarted, tabs sleep, and counters begin anew. Otherwise the clock's own step counts.
    """

    def __init__(self) -> None:
        self.now_s = 0.0
        """The latest picture's time."""
        self._last: tuple[float, float] | None = None

    @property
    def is_new(self) -> bool:
        """Whether no picture has come yet."""
        return self._last is None

    def __call__(self, stamp_s: float, clock_s: float) -> float:
        """Return a picture's time in seconds since the first.

        Args:
            stamp_s: Its own timestamp.
            clock_s: The clock when it came; never before an earlier one.
        """
        if self._last is not None:
            step_s, passed_s = stamp_s - self._last[0], clock_s - self._last[1]
            believed = 0 < step_s <= passed_s + MAX_AHEAD_S
            self.now_s += max(step_s if believed else passed_s, _LEAST_STEP_S)
        self._last = stamp_s, clock_s
        return self.now_s
