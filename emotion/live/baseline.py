"""Takes a neutral baseline from a running camera: each person's face in the next seconds counts as their face at rest.

The formula is that of :mod:`emotion.analytics.baseline`, applied to a timeline of these seconds.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Set
from dataclasses import dataclass, replace
from statistics import median
from typing import Any

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
_EYES = ("eye_openness_left", "eye_openness_right", "gaze_yaw", "gaze_pitch")


@dataclass(frozen=True, slots=True)
class BaselineFrames:
    """The frames of a baseline, with which a recording that is started later begins.

    Attributes:
        results: Without meshes; times count from the first and leave out long gaps, s.
        first_s: Time of the first one in the stream, s.
        last_s: Time of the last one in the stream, s.
        tracks: The people whose baseline it is; empty while it is being taken.
    """

    results: tuple[FrameResult, ...]
    first_s: float
    last_s: float
    tracks: tuple[int, ...]

    @property
    def step_s(self) -> float:
        """How long the last frame lasts: the median interval, s."""
        times = [result.time_s for result in self.results]
        return median(after - before for before, after in itertools.pairwise(times)) if len(times) > 1 else 0.0


class BaselineTaker:
    """Collects results for some time.

    Args:
        seconds: For how long.
        labels: Labels of the probabilities, in order.
    """

    def __init__(self, seconds: float, labels: tuple[str, ...]) -> None:
        self._seconds, self._labels = seconds, labels
        self._results: list[FrameResult] = []
        self._elapsed_s = self._first_s = 0.0
        self._last_s: float | None = None

    @property
    def is_done(self) -> bool:
        """Whether the time is over."""
        return self._elapsed_s >= self._seconds

    def add(self, result: FrameResult) -> None:
        """Add an analysed frame."""
        if self._last_s is None:
            self._first_s = result.time_s
        else:
            self._elapsed_s += min(result.time_s - self._last_s, _LONGEST_STEP_S)
        self._last_s = result.time_s
        faces = tuple(replace(face, landmarks=None) for face in result.faces)
        self._results.append(replace(result, time_s=self._elapsed_s, faces=faces))

    def now(self) -> BaselineNow:
        """Return the progress."""
        remaining_s = max(self._seconds - self._elapsed_s, 0.0)
        return BaselineNow(1 - remaining_s / self._seconds, remaining_s)

    def means(self) -> dict[int, dict[str, float]]:
        """Return each person's mean probability of each label, weighted by time, 0–1."""
        builder = TimelineBuilder(self._labels)
        for result in self._results:
            builder.add(result)
        timeline, frames = builder.build()
        info = VideoInfo(0, 0, 0.0, len(frames), self._elapsed_s)
        taken = Analysis(info, timeline, frames, "", self._labels, {}, "")
        # Ends shortly after the last frame, which has a duration too.
        span = Span(0.0, self._elapsed_s + _LONGEST_STEP_S)
        return {int(track): baseline_means(taken, int(track), span) for track in timeline["track_id"].unique()}

    def frames(self, tracks: tuple[int, ...]) -> BaselineFrames | None:
        """Return the frames so far, as a baseline of these people; None before the first."""
        if self._last_s is None:
            return None
        return BaselineFrames(tuple(self._results), self._first_s, self._last_s, tracks)


class Baselines:
    """The baselines of all people, and the one being taken.

    Args:
        labels: Labels of the probabilities, in order.
    """

    def __init__(self, labels: tuple[str, ...]) -> None:
        self._labels = labels
        self._taker: BaselineTaker | None = None
        self._taken: BaselineFrames | None = None
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
        self.means, self._taker, self._taken, self._problem = {}, None, None, ""

    def add(self, result: FrameResult) -> BaselineFrames | None:
        """Add an analysed frame; if it completes the baseline, return its frames."""
        if self._taker is None:
            return None
        self._taker.add(result)
        if not self._taker.is_done:
            return None
        self.means = self._taker.means()
        taken = self._taker.frames(tuple(self.means))
        self._taken, self._taker = taken if self.means else None, None
        self._problem = "" if self.means else NOBODY
        return taken

    def frames(self, present: Set[int], *, eyes: bool, movements: bool) -> BaselineFrames | None:
        """Return the frames of the baseline, or of the one being taken; None if they show none of these people.

        Args:
            present: The people to keep; others were there before, such as the participant of an earlier session.
            eyes: Whether to keep eyes and gaze.
            movements: Whether to keep movements.
        """
        taken = self._taken if self._taker is None else self._taker.frames(())
        if taken is None:
            return None
        left_out: dict[str, Any] = {} if eyes else dict.fromkeys(_EYES, float("nan"))
        left_out |= {} if movements else {"measures": None}
        results = tuple(_part(result, present, left_out) for result in taken.results)
        tracks = tuple(track for track in taken.tracks if track in present)
        return replace(taken, results=results, tracks=tracks) if any(result.faces for result in results) else None

    def now(self) -> BaselineNow | None:
        """Return the progress of the baseline being taken, or why the last one failed; None if there is neither."""
        if self._taker is not None:
            return self._taker.now()
        return BaselineNow(1.0, 0.0, self._problem) if self._problem else None


def _part(result: FrameResult, present: Set[int], values: Mapping[str, Any]) -> FrameResult:
    """Return a result with some people only, and with these values of each."""
    return replace(result, faces=tuple(replace(face, **values) for face in result.faces if face.track_id in present))
