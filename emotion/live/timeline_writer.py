"""A live timeline as parts in the library's storage: the last part is written anew as it grows.

A part a second would be thousands an hour, which take long to put together; a part of half a minute that is written
when it is full would lose half a minute.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from emotion.analytics.timeline import TimelineBuilder
from emotion.engine.checkpoint import Checkpoint
from emotion.types import Analysis, FrameResult, VideoInfo

PART_S = 30.0
"""When a part is so long, the next one begins."""
SOURCE = "camera"


@dataclass(frozen=True, slots=True)
class About:
    """What all parts of a recording have in common."""

    model: str
    labels: tuple[str, ...]
    settings: Mapping[str, Any]


class GrowingTimeline:
    """What was recorded so far; for one thread.

    Args:
        parts: Where it goes.
        about: Model and settings.
    """

    def __init__(self, parts: Checkpoint, about: About) -> None:
        self._parts, self._about = parts, about
        self._part, self._is_new, self._unwritten = TimelineBuilder(about.labels), True, False
        self._size = 0, 0
        self.frames = 0
        """How many frames were added."""

    def add(self, result: FrameResult) -> None:
        """Append a frame."""
        self._part.add(result)
        self._size, self._unwritten = (result.width, result.height), True
        self.frames += 1

    def write(self, left_out_s: float) -> None:
        """Write down what was added since the last time.

        Args:
            left_out_s: How much of the time was not recorded, in seconds.

        Raises:
            OSError: It cannot be written; what was written before stays.
        """
        if not self._unwritten:
            return
        part = self._analysis(left_out_s)
        if self._is_new:
            self._parts.append(part, None)
        else:
            self._parts.replace_last(part)
        self._is_new = self._unwritten = False
        times = part.frames["time_s"]
        if times.iloc[-1] - times.iloc[0] >= PART_S:
            self._part, self._is_new = TimelineBuilder(self._about.labels), True

    def _analysis(self, left_out_s: float) -> Analysis:
        timeline, frames = self._part.build()
        about, duration_s = self._about, _end_s(frames["time_s"])
        fps = self.frames / max(duration_s - left_out_s, 1e-3)
        info = VideoInfo(*self._size, fps, self.frames, duration_s, codec="live")
        return Analysis(info, timeline, frames, about.model, about.labels, dict(about.settings), SOURCE)


def _end_s(times: pd.Series) -> float:
    """Return when the last of some frames ends: it stands for as long as the others usually do."""
    return float(times.iloc[-1]) + (float(times.diff().median()) if len(times) > 1 else 0.0)
