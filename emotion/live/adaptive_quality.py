"""The quality ladder: less work per second before pictures queue, and all of it again once there is room.

A pure function over measured numbers: :meth:`Ladder.after` takes how things stand and the time, and returns how they
stand next. Steps are taken one at a time. The way up asks for more room than the way down leaves, and waits twice as
long after a step up that did not hold, so that a machine that is just too slow does not swing to and fro.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from emotion.engine.face_follower import FULL, Effort
from emotion.live.meter import Strain


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the ladder.

    Attributes:
        words: What it does, for people.
        effort: How the detector looks.
        rest_s: Least time between two pictures that are analysed, in seconds; in between faces keep their last result.
    """

    words: str
    effort: Effort = FULL
    rest_s: float = 0.0


_SELDOM = Effort(key_frame_s=0.8, search_s=0.3, tiles=False, small=True)
_SELDOM_AND_REST = Effort(key_frame_s=1.6, search_s=0.5, tiles=False, small=True)

STEPS: tuple[Step, ...] = (
    Step("full quality"),
    Step("new faces are looked for less often and in a smaller picture", _SELDOM),
    # Between 1/30 and 1/15 s, so that of 30 pictures a second every other one is analysed, and of 15 every one.
    Step("every second picture is analysed", _SELDOM, rest_s=0.05),
    Step("every third picture is analysed, and new faces are looked for seldom", _SELDOM_AND_REST, rest_s=0.083),
)
"""From full quality down. The last one still analyses ten pictures a second if so many come."""

WINDOW_S = 2.0
"""How far back the strain is measured."""
MIN_PICTURES = 10
"""Fewer pictures in a window say nothing."""
TOO_BUSY, TOO_MANY_DROPPED = 0.6, 0.1
"""Above these a step goes down: with more than this of its time taken, a slow picture makes the next one wait."""
ROOM, FEW_DROPPED = 0.3, 0.02
"""Below both there may be room for a step up."""
SETTLE_S = 2.0
"""A step is judged after so long, when the window holds nothing of the one before."""
PATIENCE_S, MAX_PATIENCE_S = 5.0, 80.0
"""How long there must have been room before a step goes up, at first and at most."""


@dataclass(frozen=True, slots=True)
class Ladder:
    """Where a session stands on the ladder.

    Attributes:
        step: Index into :data:`STEPS`.
        since_s: When that step was taken, in seconds.
        room_since_s: Since when there has been room for more; None if there is none.
        patience_s: How long there must have been room.
        climbed: Whether the latest step went up.
    """

    step: int = 0
    since_s: float = float("-inf")
    room_since_s: float | None = None
    patience_s: float = PATIENCE_S
    climbed: bool = False

    @property
    def now(self) -> Step:
        """What is done on this step."""
        return STEPS[self.step]

    def after(self, strain: Strain, now_s: float) -> Ladder:
        """Return where the session stands after a measurement.

        Args:
            strain: Over the last :data:`WINDOW_S`.
            now_s: When it was measured; never before an earlier call's.
        """
        if strain.pictures < MIN_PICTURES or now_s - self.since_s < SETTLE_S:
            return self
        if strain.busy > TOO_BUSY or strain.dropped > TOO_MANY_DROPPED:
            return self._down(now_s)
        if strain.busy >= ROOM or strain.dropped > FEW_DROPPED or self.step == 0:
            return self if self.room_since_s is None else replace(self, room_since_s=None)
        if self.room_since_s is None:
            return replace(self, room_since_s=now_s)
        return self._up(now_s) if now_s - self.room_since_s >= self.patience_s else self

    def _down(self, now_s: float) -> Ladder:
        if self.step == len(STEPS) - 1:
            return replace(self, room_since_s=None)
        # A step up that held for less long than it was waited for was a mistake.
        fell_back = self.climbed and now_s - self.since_s < 2 * self.patience_s
        patience_s = min(2 * self.patience_s, MAX_PATIENCE_S) if fell_back else PATIENCE_S
        return Ladder(self.step + 1, now_s, None, patience_s, climbed=False)

    def _up(self, now_s: float) -> Ladder:
        return Ladder(self.step - 1, now_s, None, self.patience_s, climbed=True)
