"""Seeks to an exact frame of a video, or returns None where that is not certain.

A seek leads to a key frame in decoding order, which runs ahead of display order, and files can be wrong. Every step is
therefore checked against the frames' timestamps, and the frame to resume from also against its digest. On None, the
caller decodes from the start, which is slow and always right.
"""

from __future__ import annotations

import itertools
import math
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import av.error
import numpy as np

from emotion.stream_state import StreamState
from emotion.types import Frame, Image
from emotion.vision.decode.containers import open_container, picture_stream

_STEPS_BACK_S = (0.0, 2.0, 10.0)
"""How much earlier a seek aims if it led too far."""
_ONE_PACKET_A_PICTURE = {"h264", "hevc", "vp9", "av1", "mpeg2video", "mjpeg", "prores", "dnxhd"}
"""Codecs whose packets can be counted instead of their pictures; others hide pictures that are never shown."""
_NO_PTS = -(2**63)


@dataclass(frozen=True, slots=True)
class Position:
    """The last frame that was taken from a video.

    Attributes:
        index: Its place in the video, from 0.
        time_s: When it is shown.
        pts: The container's timestamp of it; None if it has none.
        digest: CRC-32 of its luma.
    """

    index: int
    time_s: float
    pts: int | None
    digest: int

    def state(self) -> StreamState:
        """Return the position as arrays."""
        pts = _NO_PTS if self.pts is None else self.pts
        whole = np.array([self.index, pts, self.digest], np.int64)
        return {"whole": whole, "time_s": np.array(self.time_s, np.float64)}

    @classmethod
    def from_state(cls, state: StreamState) -> Position:
        """Build from :meth:`state`'s arrays."""
        index, pts, digest = (int(value) for value in state["whole"])
        return cls(index, float(state["time_s"]), None if pts == _NO_PTS else pts, digest)


def position_of(frame: Frame) -> Position:
    """Return where a stream is left after this frame."""
    return Position(frame.index, frame.time_s, frame.pts, _digest(frame.luma))


def pictures_until(container: Any, stream: Any, pts: int) -> Iterator[Any] | None:
    """Return decoded pictures that begin at or before a timestamp, or None if no seek leads there."""
    for back_s in _STEPS_BACK_S:
        try:
            container.seek(pts - round(back_s / stream.time_base), stream=stream)
            pictures = container.decode(stream)
            first = next(pictures, None)
        except av.error.FFmpegError:
            return None
        if first is not None and first.pts is not None and first.pts <= pts:
            return itertools.chain([first], pictures)
    return None


def pictures_after(
    container: Any, stream: Any, position: Position, luma_of: Callable[[Any], Image]
) -> Iterator[Any] | None:
    """Return the decoded pictures that follow a position, or None if it cannot be found again for sure.

    Args:
        container: An open PyAV container.
        stream: Its video stream.
        position: Where a stream was left.
        luma_of: Returns a picture's luma as the stream's frames have it.
    """
    if position.pts is None or (pictures := pictures_until(container, stream, position.pts)) is None:
        return None
    try:
        for picture in pictures:
            if picture.pts is None or picture.pts > position.pts:
                return None
            if picture.pts == position.pts:
                return pictures if _digest(luma_of(picture)) == position.digest else None
    except av.error.FFmpegError:
        return None
    return None


def pictures_from(container: Any, stream: Any, time_s: float) -> tuple[int, Iterator[Any]] | None:
    """Return the decoded pictures from a time on and the first one's index, or None if these cannot be told for sure.

    Args:
        container: An open PyAV container.
        stream: Its video stream.
        time_s: In the container's own time, which need not begin at 0.
    """
    if stream.codec_context.name not in _ONE_PACKET_A_PICTURE:
        return None
    pts = math.ceil(time_s / stream.time_base)
    try:
        if (pictures := pictures_until(container, stream, pts)) is None:
            return None
        first = next((picture for picture in pictures if picture.pts is None or picture.pts >= pts), None)
        if first is None or first.pts is None:
            return None
        with open_container(container.name) as again:
            index = _count_before(again, first.pts)
    except av.error.FFmpegError:
        return None
    return None if index is None else (index, itertools.chain([first], pictures))


def _count_before(container: Any, pts: int) -> int | None:
    """Return how many pictures are shown before a timestamp, by their packets alone."""
    count = 0
    for packet in container.demux(picture_stream(container)):
        if packet.size == 0 or packet.is_discard:
            continue
        if packet.pts is None:
            return None
        count += packet.pts < pts
        # Pictures are decoded before they are shown, so nothing earlier can follow.
        if packet.dts is not None and packet.dts >= pts:
            break
    return count


def _digest(luma: Image) -> int:
    return zlib.crc32(luma.tobytes())
