"""Takes a neutral baseline from a running camera: each person's face in the next seconds counts as their face at rest.

The formula is that of :mod:`emotion.analytics.baseline`, applied to a timeline of these seconds.
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
"""Longest duration of a baseline, s."""
NOBODY = "No baseline was measured: no face was seen."
_LONGEST_STEP_S = 0.5
"""Longer gaps between analysed frames (on hold, or a lost connection) do not count towards a baseline, s."""


class BaselineTaker:
    """Collects results for some time.

    Args:
        seconds: For how long.
        labels: Labels of the probabilities, in order.
    """

    def __init__(self, seconds: float, labels: tuple[str, ...]) -> None:
        self._seconds, self._labels = seconds, labels
        self._builder = TimelineBuilder(labels)
        self._elapsed_s = 0.0
        self._last_s: float | None = None

    @property
    def seconds(self) -> float:
        """Duration, s."""
        return self._seconds

    @property
    def is_done(self) -> bool:
        """Whether the time is over."""
        return self._elapsed_s >= self._seconds

    def add(self, result: FrameResult) -> None:
        """Add an analysed frame."""
        if self._last_s is not None:
            self._elapsed_s += min(result.time_s - self._last_s, _LONGEST_STEP_S)
        self._last_s = result.time_s
        self._builder.add(replace(result, time_s=self._elapsed_s))

    def now(self) -> BaselineNow:
        """Return the progress."""
        remaining_s = max(self._seconds - self._elapsed_s, 0.0)
        return BaselineNow(1 - remaining_s / self._seconds, remaining_s)

    def means(self) -> dict[int, dict[str, float]]:
        """Return each person's mean probability of each label, weighted by time, 0–1."""
        timeline, frames = self._builder.build()
        info = VideoInfo(0, 0, 0.0, len(frames), self._elapsed_s)
        taken = Analysis(info, timeline, frames, "", self._labels, {}, "")
        # Ends shortly after the last frame, which has a duration too.
        span = Span(0.0, self._elapsed_s + _LONGEST_STEP_S)
        return {int(track): baseline_means(taken, int(track), span) for track in timeline["track_id"].unique()}


class Baselines:
    """The baselines of all people, and the one being taken.

    Args:
        labels: Labels of the probabilities, in order.
    """

    def __init__(self, labels: tuple[str, ...]) -> None:
        self._labels = labels
        self._taker: BaselineTaker | None = None
        self._problem = ""
        self.means: Mapping[int, Mapping[str, float]] = {}
        """Track → label → mean probability at rest, 0–1."""

    def take(self, seconds: float) -> None:
        """Start a new baseline, replacing the previous one.

        Raises:
            LiveError: The number of seconds is not above 0 or too large.
        """
        if not 0 < seconds <= MAX_S:
            raise LiveError(f"expected a baseline of more than 0 and at most {MAX_S:.0f} s; got {seconds}")
        self.clear()
        self._taker = BaselineTaker(seconds, self._labels)

    def clear(self) -> None:
        """Forget all baselines."""
        self.means, self._taker, self._problem = {}, None, ""

    def add(self, result: FrameResult) -> float | None:
        """Add an analysed frame; if it completes the baseline, return the baseline's duration, s."""
        if self._taker is None:
            return None
        self._taker.add(result)
        if not self._taker.is_done:
            return None
        seconds, self.means, self._taker = self._taker.seconds, self._taker.means(), None
        self._problem = "" if self.means else NOBODY
        return seconds

    def now(self) -> BaselineNow | None:
        """Return the progress of the baseline being taken, or why the last one failed; None if there is neither."""
        if self._taker is not None:
            return self._taker.now()
        return BaselineNow(1.0, 0.0, self._problem) if self._problem else None
