"""Selects the frames of a video to analyse: a time range, every n-th frame, or a maximum rate."""

from __future__ import annotations

import math
from dataclasses import dataclass

from emotion.errors import VideoError
from emotion.types import VideoInfo

ROUNDING_S = 1e-3
"""Tolerance for timestamps, which are rounded to the container's time base, often a millisecond."""


@dataclass(frozen=True, slots=True)
class Sampling:
    """Which frames to analyse.

    Attributes:
        every: Every n-th frame, counted from the first of the part.
        fps: At most this many frames per second of video, instead of every n-th.
        start_s: Start of the part.
        end_s: End of the part, exclusive; None for the end of the video.

    Raises:
        VideoError: A value is out of range.
    """

    every: int = 1
    fps: float | None = None
    start_s: float = 0.0
    end_s: float | None = None

    def __post_init__(self) -> None:
        if self.every < 1 or (self.fps is not None and not 0 < self.fps < math.inf):
            raise VideoError(f"expected every ≥ 1 and fps > 0; got every={self.every}, fps={self.fps}")
        if not 0 <= self.start_s < math.inf or (self.end_s is not None and not self.start_s < self.end_s):
            raise VideoError(f"expected a part from 0 s on that ends after it starts; got {self.part}")

    @property
    def part(self) -> str:
        """The part in words, as ``"12.5–30 s"``."""
        return f"{self.start_s:g} s–end" if self.end_s is None else f"{self.start_s:g}–{self.end_s:g} s"

    def nothing_in(self, name: str, duration_s: float) -> str:
        """Return the message that a video has no frame in the part."""
        return f"{name} has no frames in the part {self.part}; its length is {duration_s:.1f} s"

    def is_before(self, time_s: float) -> bool:
        """Return whether a frame's time lies before the part."""
        return time_s + ROUNDING_S < self.start_s

    def is_after(self, time_s: float) -> bool:
        """Return whether a frame's time lies after the part."""
        return self.end_s is not None and time_s + ROUNDING_S >= self.end_s

    def expected_frames(self, info: VideoInfo) -> int:
        """Return the approximate number of frames, as containers may state a wrong count."""
        end_s = info.duration_s if self.end_s is None else min(self.end_s, info.duration_s)
        share = min(max((end_s - self.start_s) / info.duration_s, 0.0), 1.0) if info.duration_s > 0 else 1.0
        there = round(info.frame_count * share)
        return -(-there // self.every) if self.fps is None else min(there, round(info.duration_s * share * self.fps))


class Sampler:
    """Chooses among consecutive frames of a part, always the first one.

    With a rate, it chooses the first frame of each slot of 1/fps. So the next choice depends only on the last one.

    Args:
        sampling: Which frames to choose.
        last: Index and time of the last chosen frame of an earlier run; None at the beginning.
    """

    def __init__(self, sampling: Sampling, last: tuple[int, float] | None = None) -> None:
        self._every, self._fps = sampling.every, sampling.fps
        self._last = last

    def __call__(self, index: int, time_s: float) -> bool:
        """Return whether the frame is chosen."""
        chosen = self._last is None or self._is_next(index, time_s, *self._last)
        if chosen:
            self._last = index, time_s
        return chosen

    def _is_next(self, index: int, time_s: float, last_index: int, last_s: float) -> bool:
        if self._fps is None:
            return index >= last_index + self._every
        return _slot(time_s, self._fps) > _slot(last_s, self._fps)


def _slot(time_s: float, fps: float) -> int:
    return math.floor((time_s + ROUNDING_S) * fps)
