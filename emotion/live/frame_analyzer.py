"""Looks at one picture after the other with as much effort as the quality ladder allows."""

from __future__ import annotations

from dataclasses import dataclass, replace

import av

from emotion.engine.analyzer import Analyzer
from emotion.engine.face_follower import Effort
from emotion.live.adaptive_quality import Step
from emotion.types import Face, Frame, FrameResult
from emotion.vision.decode.planes import luma_of, rgb_of

WATCHFUL_S = 0.2
"""Between two looks of the detector while faces are hidden: until it looks, somebody new in view can be seen."""
_UNEVEN_S = 0.002
"""Cameras are this uneven: a picture that comes so much early is analysed all the same."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of a picture.

    Attributes:
        faces: With track ids; those of the picture before if nobody looked at this one.
        looked: Whether somebody did.
        result: With probabilities; None if nobody looked, or nothing was to be recognised.
    """

    faces: tuple[Face, ...]
    looked: bool
    result: FrameResult | None


class Looker:
    """One stream's eyes."""

    def __init__(self, analyzer: Analyzer) -> None:
        self._stream = analyzer.follow()
        self._size: tuple[int, int] | None = None
        self._looked_s = float("-inf")
        self._index = 0
        self._last = Seen((), False, None)

    def __call__(self, picture: av.VideoFrame, time_s: float, step: Step, *, watchful: bool, recognise: bool) -> Seen:
        """Look at a picture, unless it is to be left out.

        Args:
            picture: In 4:2:0.
            time_s: Its time, after the last one's.
            step: Of the quality ladder.
            watchful: Whether the detector looks more often than otherwise.
            recognise: Whether faces are classified, or only followed.
        """
        if time_s - self._looked_s < step.rest_s - _UNEVEN_S and self._size == (picture.width, picture.height):
            return Seen(self._last.faces, looked=False, result=None)
        self._follow_size(picture.width, picture.height)
        frame = Frame(self._index, time_s, luma_of(picture), lambda: rgb_of(picture))
        faces = self._stream.follow(frame, _watchful(step) if watchful else step.effort)
        result = self._stream.classify(frame, faces) if recognise else None
        self._index, self._looked_s = self._index + 1, time_s
        self._last = Seen(tuple(faces) if result is None else result.faces, looked=True, result=result)
        return self._last

    def _follow_size(self, width: int, height: int) -> None:
        """Go on with pictures of another size: a browser scales them down where the connection is slow."""
        if self._size not in {None, (width, height)}:
            assert self._size is not None
            self._stream.resize(width / self._size[0], height / self._size[1])
        self._size = width, height


def _watchful(step: Step) -> Effort:
    effort = step.effort
    key_frame_s, search_s = min(effort.key_frame_s, WATCHFUL_S), min(effort.search_s, WATCHFUL_S)
    return replace(effort, key_frame_s=key_frame_s, search_s=search_s, small=False)
