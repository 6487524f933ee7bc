"""Writes a live timeline to the library in parts of 30 seconds, rewriting the last part as it grows.

One part per second would mean thousands per hour, slow to merge; writing only full parts would lose up to 30 seconds
in a crash.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from emotion.analytics.timeline import TimelineBuilder
from emotion.engine.checkpoint import Checkpoint
from emotion.types import LIVE_CODEC, Analysis, FrameResult, VideoInfo

PART_S = 30.0
"""Length of a part, seconds."""
SOURCE = "camera"


@dataclass(frozen=True, slots=True)
class RecordingInfo:
    """Model and settings of a recording."""

    model: str
    labels: tuple[str, ...]
    settings: Mapping[str, Any]


class TimelineWriter:
    """Writes the frames of one recording, all in the size of the first; not thread-safe.

    Args:
        parts: Storage of the parts.
        about: Model and settings.
    """

    def __init__(self, parts: Checkpoint, about: RecordingInfo) -> None:
        self._parts, self._about = parts, about
        self._part, self._is_new, self._unwritten = TimelineBuilder(about.labels), True, False
        self._size: tuple[int, int] | None = None
        self.frames = 0
        """Number of frames added."""

    def add(self, result: FrameResult) -> None:
        """Append a frame. A camera that is turned or reopened may change its size; boxes are then scaled."""
        self._size = self._size or (result.width, result.height)
        self._part.add(_in_size(result, self._size))
        self._unwritten = True
        self.frames += 1

    def write(self, left_out_s: float) -> None:
        """Write the frames added since the last call.

        Args:
            left_out_s: Time that was not recorded, seconds.

        Raises:
            OSError: Writing failed; earlier parts are intact.
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
        info = VideoInfo(*(self._size or (0, 0)), fps, self.frames, duration_s, codec=LIVE_CODEC)
        return Analysis(info, timeline, frames, about.model, about.labels, dict(about.settings), SOURCE)


def _in_size(result: FrameResult, size: tuple[int, int]) -> FrameResult:
    """Return a result with its boxes scaled to another frame size, px."""
    if (result.width, result.height) == size:
        return result
    scale = np.array([size[0] / result.width, size[1] / result.height] * 2, np.float32)
    faces = tuple(replace(face, box_xyxy=face.box_xyxy * scale) for face in result.faces)
    return replace(result, width=size[0], height=size[1], faces=faces)


def _end_s(times: pd.Series) -> float:
    """Return the end of the last frame, which lasts for the median interval."""
    return float(times.iloc[-1]) + (float(times.diff().median()) if len(times) > 1 else 0.0)
