"""Strictly ascending stream time from frame timestamps that jump, restart or leave out pauses, and the gaps in it."""

from __future__ import annotations

from collections import deque
from statistics import median_low

from emotion.analytics.edits import Event, Span
from emotion.streams.stream_clock import StreamClock

MAX_AHEAD_S = 5.0
"""A timestamp this far ahead of the clock is an error, not a gap, seconds."""
_LEAST_STEP_S = 1e-3
GAP_S = 1.0
"""A longer time without a frame is excluded from figures, seconds."""
_GAP_STEPS = 3
"""A gap is also longer than this many usual intervals, because some cameras send a frame only every few seconds."""
_STEPS = 9
"""Number of recent intervals; their median is the usual interval."""
_SETTLED_S, _CATCH_UP_S = 1.0, 0.25
"""A stream that has caught up by less than this in this time was not held up, but paused, seconds."""
ON_HOLD, NO_PICTURE, NOT_RECORDED = "on hold", "no picture", "not recorded"
"""Labels of the events that mark excluded time."""


class StreamTime:
    """Turns timestamps into seconds since the first picture, strictly ascending.

    An interval between timestamps counts if it is positive and not much longer than the clock's. Otherwise the clock is
    used: cameras restart, tabs sleep and counters reset. The smallest delay of recent frames is then subtracted,
    because the decoder may return the last frame before an interruption many seconds late.
    """

    def __init__(self) -> None:
        self.now_s = 0.0
        """Time of the latest frame, seconds."""
        self._last: tuple[float, float] | None = None
        self._clock = StreamClock()

    @property
    def is_new(self) -> bool:
        """Whether there has been no frame yet."""
        return self._last is None

    def __call__(self, stamp_s: float, clock_s: float) -> float:
        """Return a frame's time in seconds since the first.

        Args:
            stamp_s: Its timestamp, seconds.
            clock_s: The clock on arrival, seconds; never earlier than before.
        """
        if self._last is not None:
            step_s, passed_s = stamp_s - self._last[0], clock_s - self._last[1]
            is_plausible = 0 < step_s <= passed_s + MAX_AHEAD_S
            if not is_plausible:
                step_s = (self._clock.stream_time(clock_s) or 0.0) - self.now_s
            self.now_s += max(step_s, _LEAST_STEP_S)
        self._clock.stamp(self.now_s, clock_s)
        self._last = stamp_s, clock_s
        return self.now_s


class Pauses:
    """Adds the pauses that timestamps leave out if a stream numbers its frames evenly.

    The first frame after a wait comes late for one of two reasons. Either the network held frames up, and the stream
    catches up at once; or the stream paused, and stays late. Which one it was is known a second later.
    """

    def __init__(self) -> None:
        self._last: tuple[float, float] | None = None
        self._added_s = 0.0
        # Since the wait: how late frames are now, and since when they have not been less late.
        self._late_s = self._least_s = 0.0
        self._since_s: float | None = None

    def __call__(self, stamp_s: float, clock_s: float) -> float:
        """Return a frame's timestamp with the pauses before it.

        Args:
            stamp_s: Its timestamp, seconds.
            clock_s: The clock on arrival, seconds; never earlier than before.
        """
        if self._last is not None:
            step_s, passed_s = stamp_s - self._last[0], clock_s - self._last[1]
            if 0 < step_s <= passed_s + MAX_AHEAD_S:
                self._follow(passed_s - step_s, clock_s)
            else:  # it began again, and StreamTime goes by the clock
                self._since_s = None
        self._last = stamp_s, clock_s
        return stamp_s + self._added_s

    def _follow(self, later_s: float, clock_s: float) -> None:
        """Note that a frame is this much later than the one before it."""
        if later_s > GAP_S:
            self._late_s = self._least_s = later_s + (0.0 if self._since_s is None else self._late_s)
            self._since_s = clock_s
        elif self._since_s is not None:
            self._late_s += later_s
            if self._late_s < GAP_S:
                self._since_s = None
            elif self._late_s < self._least_s - _CATCH_UP_S:
                self._least_s, self._since_s = self._late_s, clock_s
            elif clock_s - self._since_s >= _SETTLED_S:
                self._added_s, self._since_s = self._added_s + self._late_s, None


class Gaps:
    """Finds the time between recorded frames in which nothing was recorded.

    Attributes:
        last_s: Time of the last frame, seconds.
        left_out_s: Total length of the gaps, seconds.
    """

    def __init__(self) -> None:
        self.last_s = self.left_out_s = 0.0
        self._steps_s: deque[float] = deque(maxlen=_STEPS)
        self._has_begun, self._held = False, ""

    def hold(self, label: str = ON_HOLD) -> None:
        """Treat the time until the next frame as a gap with this label."""
        self._held = label

    def add(self, time_s: float) -> Event | None:
        """Add a frame, and return the event that excludes the gap before it; None if there is none."""
        step_s, gap = time_s - self.last_s, None
        usual_s = median_low(self._steps_s) if self._steps_s else None
        if self._has_begun and (self._held or step_s > max(GAP_S, _GAP_STEPS * (usual_s or GAP_S))):
            span = Span(min(self.last_s + (usual_s or 0.0), time_s), time_s)
            gap = Event(self._held or NO_PICTURE, span, excluded=True)
            self.left_out_s += span.end_s - span.start_s
        if self._has_begun and not self._held:
            self._steps_s.append(step_s)
        self.last_s, self._has_begun, self._held = time_s, True, ""
        return gap
