"""Finds and classifies faces frame by frame, with the effort that the current quality level allows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import av

from emotion.engine.analyzer import Analyzer
from emotion.engine.face_follower import Effort
from emotion.live.adaptive_quality import Level
from emotion.types import Face, Frame, FrameResult
from emotion.vision.decode.planes import luma_of, rgb_of

HIDDEN_SEARCH_S = 0.2
"""Longest time between two detections while faces are hidden: a new face is visible until it is detected, seconds."""
_UNEVEN_S = 0.002
"""Tolerance for uneven camera timing, seconds."""


@dataclass(frozen=True, slots=True)
class Seen:
    """Faces of one frame.

    Attributes:
        faces: With track ids; those of the last analysed frame if this one was skipped.
        analysed: Whether this frame was analysed.
        result: With probabilities; None if the frame was skipped or faces were not to be classified.
    """

    faces: tuple[Face, ...]
    analysed: bool
    result: FrameResult | None


class FrameAnalyzer:
    """Analyses the frames of one stream in order."""

    def __init__(self, analyzer: Analyzer) -> None:
        self._stream = analyzer.follow()
        self._size: tuple[int, int] | None = None
        self._analysed_s = float("-inf")
        self._index = 0
        self._last = Seen((), False, None)

    def measure(self, *, eyes: bool, movements: bool) -> None:
        """Choose what to measure from the next frame on."""
        self._stream.measure(eyes=eyes, movements=movements)

    @property
    def costs_ms(self) -> Mapping[str, float]:
        """Mean time of eyes and movements per frame with a face, ms."""
        return self._stream.costs_ms

    def __call__(
        self, picture: av.VideoFrame, time_s: float, level: Level, *, search_often: bool, recognise: bool
    ) -> Seen:
        """Analyse a frame, or skip it if it comes too soon after the last one.

        Args:
            picture: In 4:2:0.
            time_s: Its time in seconds, later than the last frame's.
            level: The current quality level.
            search_often: Whether to detect at least every :data:`HIDDEN_SEARCH_S`.
            recognise: Whether to classify faces, or only track them.
        """
        if time_s - self._analysed_s < level.rest_s - _UNEVEN_S and self._size == (picture.width, picture.height):
            return Seen(self._last.faces, analysed=False, result=None)
        self._follow_size(picture.width, picture.height)
        frame = Frame(self._index, time_s, luma_of(picture), lambda: rgb_of(picture))
        faces = self._stream.follow(frame, _with_search_interval(level) if search_often else level.effort)
        result = self._stream.classify(frame, faces) if recognise else None
        self._index, self._analysed_s = self._index + 1, time_s
        self._last = Seen(tuple(faces) if result is None else result.faces, analysed=True, result=result)
        return self._last

    def _follow_size(self, width: int, height: int) -> None:
        """Adapt to a new frame size: browsers scale down on slow connections."""
        if self._size not in {None, (width, height)}:
            assert self._size is not None
            self._stream.resize(width / self._size[0], height / self._size[1])
        self._size = width, height


def _with_search_interval(level: Level) -> Effort:
    effort = level.effort
    key_frame_s, search_s = min(effort.key_frame_s, HIDDEN_SEARCH_S), min(effort.search_s, HIDDEN_SEARCH_S)
    return replace(effort, key_frame_s=key_frame_s, search_s=search_s, small=False)
