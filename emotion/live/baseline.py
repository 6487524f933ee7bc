"""A neutral baseline while the camera runs: what each person shows in the next seconds is taken for their face at rest.

The formula is :mod:`emotion.analytics.baseline`'s, on a timeline of just these seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from emotion.analytics.baseline import baseline_means
from emotion.analytics.edits import Span
from emotion.analytics.timeline import TimelineBuilder
from emotion.errors import LiveError
from emotion.live.snapshot import BaselineNow
from emotion.types import Analysis, FrameResult, VideoInfo

MAX_S = 60.0
"""Longest time that a baseline may take."""
_LONGEST_STEP_S = 0.5
"""No two analysed pictures are further apart than this for a baseline: a hold or a lost connection takes no part."""


class BaselineTaker:
    """Collects results until enough time is over.

    Args:
        seconds: How long.
        labels: Of the probabilities, in order.
    """

    def __init__(self, seconds: float, labels: tuple[str, ...]) -> None:
        self._seconds, self._labels = seconds, labels
        self._builder = TimelineBuilder(labels)
        self._elapsed_s = 0.0
        self._last_s: float | None = None

    @property
    def seconds(self) -> float:
        """How long it takes."""
        return self._seconds

    @property
    def is_done(self) -> bool:
        """Whether enough time is over."""
        return self._elapsed_s >= self._seconds

    def add(self, result: FrameResult) -> None:
        """Take in an analysed frame."""
        if self._last_s is not None:
            self._elapsed_s += min(result.time_s - self._last_s, _LONGEST_STEP_S)
        self._last_s = result.time_s
        self._builder.add(replace(result, time_s=self._elapsed_s))

    def now(self) -> BaselineNow:
        """Return how far it is."""
        remaining_s = max(self._seconds - self._elapsed_s, 0.0)
        return BaselineNow(1 - remaining_s / self._seconds, remaining_s)

    def means(self) -> dict[int, dict[str, float]]:
        """Return for everybody who was seen the mean probability of each label, weighted by time, 0–1."""
        timeline, frames = self._builder.build()
        info = VideoInfo(0, 0, 0.0, len(frames), self._elapsed_s)
        taken = Analysis(info, timeline, frames, "", self._labels, {}, "")
        # To a little after the last frame, which stands for a moment too.
        span = Span(0.0, self._elapsed_s + _LONGEST_STEP_S)
        return {int(track): baseline_means(taken, int(track), span) for track in timeline["track_id"].unique()}


class Baselines:
    """Everybody's baseline, and the one that is being taken.

    Args:
        labels: Of the probabilities, in order.
    """

    def __init__(self, labels: tuple[str, ...]) -> None:
        self._labels = labels
        self._taker: BaselineTaker | None = None
        self.means: Mapping[int, Mapping[str, float]] = {}
        """Track → label → mean probability at rest, 0–1."""

    def take(self, seconds: float) -> None:
        """Begin to take it from now on; what was taken before goes.

        Raises:
            LiveError: Not a number of seconds above 0, or too many.
        """
        if not 0 < seconds <= MAX_S:
            raise LiveError(f"expected a baseline of more than 0 and at most {MAX_S:.0f} s; got {seconds}")
        self.means, self._taker = {}, BaselineTaker(seconds, self._labels)

    def clear(self) -> None:
        """Forget all of it."""
        self.means, self._taker = {}, None

    def see(self, result: FrameResult) -> float | None:
        """Take in an analysed frame, and return how many seconds were taken if it was the last one needed."""
        if self._taker is None:
            return None
        self._taker.add(result)
        if not self._taker.is_done:
            return None
        seconds, self.means, self._taker = self._taker.seconds, self._taker.means(), None
        return seconds

    def now(self) -> BaselineNow | None:
        """Return how far the one is that is being taken; None if none is."""
        return None if self._taker is None else self._taker.now()
