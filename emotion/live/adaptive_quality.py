"""Lowers the quality of a live analysis under load, and raises it again when there is spare time.

:meth:`AdaptiveQuality.after` is a pure function of the measured load and the time. It moves one level at a time. To
keep a machine that is slightly too slow from switching back and forth, the load must fall further before quality goes
up than it does when quality goes down, and the wait doubles after an upgrade that did not last.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from emotion.engine.face_follower import FULL, Effort
from emotion.live.meter import ThreadLoad


@dataclass(frozen=True, slots=True)
class Level:
    """One level of quality.

    Attributes:
        words: Description for people.
        effort: How often and at which size faces are detected.
        rest_s: Minimum time between two analysed frames, seconds; in between, faces keep their last result.
    """

    words: str
    effort: Effort = FULL
    rest_s: float = 0.0


_SMALL_AND_LESS_OFTEN = Effort(key_frame_s=0.8, search_s=0.3, tiles=False, small=True)
_SMALL_AND_RARELY = Effort(key_frame_s=1.6, search_s=0.5, tiles=False, small=True)

LEVELS: tuple[Level, ...] = (
    Level("full quality"),
    Level("reduced: detecting new faces less often", _SMALL_AND_LESS_OFTEN),
    # Between 1/30 and 1/15 s: at 30 frames/s every second one is analysed, at 15 frames/s all of them.
    Level("reduced: analysing every 2nd frame", _SMALL_AND_LESS_OFTEN, rest_s=0.05),
    Level("reduced: analysing every 3rd frame", _SMALL_AND_RARELY, rest_s=0.083),
)
"""From full quality down. The last level still analyses ten frames per second."""

WINDOW_S = 2.0
"""Period over which the load is measured, seconds."""
MIN_PICTURES = 10
"""With fewer frames in the window, the level stays as it is."""
TOO_BUSY, TOO_MANY_DROPPED = 0.6, 0.1
"""Above either, quality goes down one level: a slow frame would delay the next one."""
ROOM, FEW_DROPPED = 0.3, 0.02
"""Below both, quality may go up one level."""
SETTLE_S = 2.0
"""Time after a change before the load counts: the window then holds frames of this level only."""
PATIENCE_S, MAX_PATIENCE_S = 5.0, 80.0
"""Initial and longest time of low load before quality goes up, seconds."""


@dataclass(frozen=True, slots=True)
class AdaptiveQuality:
    """The current level of a session, with the state that decides the next one.

    Attributes:
        level: Index into :data:`LEVELS`.
        since_s: When this level began, seconds.
        low_load_since_s: Time since which the load has been low; None if it is not.
        patience_s: How long the load must be low before quality goes up, seconds.
        upgraded: Whether the last change raised the quality.
    """

    level: int = 0
    since_s: float = float("-inf")
    low_load_since_s: float | None = None
    patience_s: float = PATIENCE_S
    upgraded: bool = False

    @property
    def now(self) -> Level:
        """Settings of the current level."""
        return LEVELS[self.level]

    def after(self, thread_load: ThreadLoad, now_s: float) -> AdaptiveQuality:
        """Return the state after a measurement.

        Args:
            thread_load: The load over the last :data:`WINDOW_S`.
            now_s: Time of the measurement, seconds; never earlier than in previous calls.
        """
        if thread_load.pictures < MIN_PICTURES or now_s - self.since_s < SETTLE_S:
            return self
        if thread_load.busy > TOO_BUSY or thread_load.dropped > TOO_MANY_DROPPED:
            return self._downgrade(now_s)
        if thread_load.busy >= ROOM or thread_load.dropped > FEW_DROPPED or self.level == 0:
            return self if self.low_load_since_s is None else replace(self, low_load_since_s=None)
        if self.low_load_since_s is None:
            return replace(self, low_load_since_s=now_s)
        return self._upgrade(now_s) if now_s - self.low_load_since_s >= self.patience_s else self

    def _downgrade(self, now_s: float) -> AdaptiveQuality:
        if self.level == len(LEVELS) - 1:
            return replace(self, low_load_since_s=None)
        # An upgrade that did not last counts as failed: double the wait before the next one.
        failed = self.upgraded and now_s - self.since_s < 2 * self.patience_s
        patience_s = min(2 * self.patience_s, MAX_PATIENCE_S) if failed else PATIENCE_S
        return AdaptiveQuality(self.level + 1, now_s, None, patience_s, upgraded=False)

    def _upgrade(self, now_s: float) -> AdaptiveQuality:
        return AdaptiveQuality(self.level - 1, now_s, None, self.patience_s, upgraded=True)
