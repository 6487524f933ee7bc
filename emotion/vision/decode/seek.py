"""Seeks to an exact frame of a video, or returns None if that is not certain.

A seek lands on a key frame in decoding order, which differs from display order, and files can be wrong. So every step
is checked against the frames' timestamps, and the frame to resume from also against its digest. On None, the caller
decodes from the start, which is slow but always right.
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
from emotion.vision.decode.fields import frame_packets
from emotion.vision.decode.packets import Lost, pictures_of, take_lost

_STEPS_BACK_S = (0.0, 2.0, 10.0)
"""Offsets of repeated seeks, as one may land too late."""
_ONE_PACKET_A_PICTURE = {"h264", "hevc", "vp9", "av1", "mpeg2video", "mjpeg", "prores", "dnxhd"}
"""Codecs with one packet per displayed frame; others have hidden frames."""
_GUESSES_AFTER_SEEKING = {"mpeg"}
"""Formats with fewer time stamps than frames, for which FFmpeg guesses wrong stamps after a seek."""
_NO_PTS = -(2**63)


@dataclass(frozen=True, slots=True)
class Position:
    """The last frame that was read from a video.

    Attributes:
        index: Frame index, from 0.
        time_s: Display time.
        pts: Timestamp in the container, or None.
        digest: CRC-32 of its luma.
        damaged: Number of frames up to it that are lost or distorted.
    """

    index: int
    time_s: float
    pts: int | None
    digest: int
    damaged: int = 0

    def state(self) -> StreamState:
        """Return the position as arrays."""
        pts = _NO_PTS if self.pts is None else self.pts
        whole = np.array([self.index, pts, self.digest, self.damaged], np.int64)
        return {"whole": whole, "time_s": np.array(self.time_s, np.float64)}

    @classmethod
    def from_state(cls, state: StreamState) -> Position:
        """Build from :meth:`state`'s arrays."""
        index, pts, digest, *damaged = (int(value) for value in state["whole"])  # missing in older checkpoints
        return cls(index, float(state["time_s"]), None if pts == _NO_PTS else pts, digest, *damaged)


def position_of(frame: Frame) -> Position:
    """Return the position of a frame."""
    return Position(frame.index, frame.time_s, frame.pts, _digest(frame.luma), frame.damaged)


def pictures_until(container: Any, stream: Any, pts: int, lost: Lost) -> Iterator[Any] | None:
    """Return decoded frames from at or before a timestamp on, or None if no seek leads there.

    ``lost`` gets the time stamps of those that cannot be decoded.
    """
    if container.format.name in _GUESSES_AFTER_SEEKING:
        return None
    for back_s in _STEPS_BACK_S:
        lost.clear()
        try:
            container.seek(pts - round(back_s / stream.time_base), stream=stream)
            pictures = pictures_of(container, stream, lost)
            first = next(pictures, None)
        except av.error.FFmpegError:
            return None
        if first is not None and first.pts is not None and first.pts <= pts:
            return itertools.chain([first], pictures)
    return None


def pictures_after(
    container: Any, stream: Any, position: Position, luma_of: Callable[[Any], Image], lost: Lost
) -> Iterator[Any] | None:
    """Return the decoded frames after a position, or None if it is not found with certainty.

    Args:
        container: An open PyAV container.
        stream: Its video stream.
        position: The last frame read.
        luma_of: Returns the luma of a decoded frame.
        lost: Gets the time stamps of later frames that cannot be decoded.
    """
    if position.pts is None or (pictures := pictures_until(container, stream, position.pts, lost)) is None:
        return None
    try:
        for picture in pictures:
            if picture.pts is None or picture.pts > position.pts:
                return None
            if picture.pts == position.pts:
                take_lost(lost, picture.pts)
                return pictures if _digest(luma_of(picture)) == position.digest else None
    except av.error.FFmpegError:
        return None
    return None


def pictures_from(
    container: Any, stream: Any, time_s: float, hidden: int, lost: Lost
) -> tuple[int, Iterator[Any]] | None:
    """Return the index of the first frame at or after a time and the decoded frames from it, or None if uncertain.

    Args:
        container: An open PyAV container.
        stream: Its video stream.
        time_s: In the container's time, which may not begin at 0.
        hidden: Number of packets at the start that never become a frame.
        lost: Gets the time stamps of later frames that cannot be decoded.
    """
    if stream.codec_context.name not in _ONE_PACKET_A_PICTURE:
        return None
    pts = math.ceil(time_s / stream.time_base)
    try:
        if (pictures := pictures_until(container, stream, pts, lost)) is None:
            return None
        first = next((picture for picture in pictures if picture.pts is None or picture.pts >= pts), None)
        if first is None or first.pts is None:
            return None
        take_lost(lost, first.pts)
        with open_container(container.name) as again:
            index = _count_before(again, first.pts)
    except av.error.FFmpegError:
        return None
    return None if index is None else (index - hidden, itertools.chain([first], pictures))


def _count_before(container: Any, pts: int) -> int | None:
    """Return the number of frames displayed before that of a timestamp, from packets alone; None if there is none."""
    count, is_found = 0, False
    for packet in frame_packets(container, picture_stream(container)):
        if packet.pts is None:
            return None
        count += packet.pts < pts
        is_found = is_found or packet.pts == pts
        # Frames are decoded before they are displayed, so no earlier one can follow.
        if packet.dts is not None and packet.dts >= pts:
            break
    return count if is_found else None


def _digest(luma: Image) -> int:
    return zlib.crc32(luma.tobytes())
