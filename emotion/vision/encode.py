"""Encodes videos that every browser plays: H.264, 4:2:0, index at the front; sound keeps in time with the frames."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import av.error
import numpy as np
from av.video.frame import PictureType
from av.video.reformatter import VideoReformatter

from emotion.errors import VideoError
from emotion.types import Frame, Image
from emotion.vision.decode.clock import Clock
from emotion.vision.decode.containers import picture_stream
from emotion.vision.decode.survey import Survey

_CLOCK_HZ = 90_000
TIME_BASE = Fraction(1, _CLOCK_HZ)
"""MPEG's time base, fine enough for constant and variable frame rates."""
_FRAGMENT_S = 0.8
"""Length of a fragment; a file that was never closed loses at most one."""
_SOUND_STEP_S = 0.02
"""Approximate duration of an audio packet."""


def write_video(path: str | Path, frames: Iterable[Image], fps: float, quality: int = 20) -> Path:
    """Write RGB pictures as an H.264 mp4 file.

    Args:
        path: The file, in an existing folder.
        frames: ``(H, W, 3)`` uint8 RGB, all of one size; an odd row or column is cut off, as 4:2:0 needs even sides.
        fps: Pictures per second.
        quality: Constant rate factor, 0 (best) to 51.

    Raises:
        VideoError: There are no frames.
    """
    target = Path(path)
    pictures = iter(frames)
    first = next(pictures, None)
    if first is None:
        raise VideoError(f"expected at least one picture for {target.name}; got none")
    height, width = (side // 2 * 2 for side in first.shape[:2])
    with av.open(str(target), "w", options={"movflags": "faststart"}) as container:
        stream = container.add_stream("libx264", rate=Fraction(fps).limit_denominator(1001))
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.options = {"crf": str(quality), "preset": "veryfast"}
        for picture in itertools.chain([first], pictures):
            even = np.ascontiguousarray(picture[:height, :width])
            container.mux(stream.encode(av.VideoFrame.from_ndarray(even, format="rgb24")))
        container.mux(stream.encode())
    return target


def timed_pictures(frames: Iterable[Frame], render: Callable[[Frame], Image]) -> Iterator[tuple[float, av.VideoFrame]]:
    """Yield (time_s, RGB picture) of each frame at its own time, in :data:`TIME_BASE`.

    Args:
        frames: The frames of a video.
        render: Returns a frame's picture, ``(H, W, 3)`` uint8 RGB; an odd row or column is repeated, as 4:2:0 needs
            even sides.
    """
    tick = -1
    for frame in frames:
        # Frames of a damaged file may share a time, but not a tick.
        tick = max(round(frame.time_s * _CLOCK_HZ), tick + 1)
        image = render(frame)
        even = np.pad(image, ((0, image.shape[0] % 2), (0, image.shape[1] % 2), (0, 0)), mode="edge")
        picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(even), format="rgb24")
        picture.pts, picture.time_base = tick, TIME_BASE
        yield tick / _CLOCK_HZ, picture


class LiveVideo:
    """Writes pictures with their own times as fragmented H.264, playable even if the file is never closed.

    Args:
        path: The file, in an existing folder.
        width: Of the video, px; pictures are scaled to it. An odd row or column is cut off.
        height: Likewise.
    """

    def __init__(self, path: Path, width: int, height: int) -> None:
        # Each fragment has its own index; an ordinary mp4's is at its end, without which the file is lost.
        options = {"movflags": "frag_keyframe+empty_moov+default_base_moof", "flush_packets": "1"}
        self._container = av.open(str(path), "w", format="mp4", options=options)
        self._stream: Any = self._container.add_stream("libx264", rate=30)
        self._stream.width, self._stream.height, self._stream.pix_fmt = width // 2 * 2, height // 2 * 2, "yuv420p"
        self._stream.options = {"crf": "21", "preset": "superfast", "tune": "zerolatency"}
        self._stream.codec_context.time_base = TIME_BASE
        # Not the picture's own converter, which another thread may be using to show it.
        self._scaler = VideoReformatter()
        self._last_tick, self._last_key_s = -1, float("-inf")

    def add(self, picture: av.VideoFrame, time_s: float) -> None:
        """Write a picture; ``time_s`` must be later than the last one's."""
        copy = self._scaler.reformat(picture, self._stream.width, self._stream.height, "yuv420p")
        if copy is picture:
            # Its time is changed below while it may still be shown elsewhere.
            copy = av.VideoFrame.from_ndarray(picture.to_ndarray(), format="yuv420p")
        self._last_tick = max(round(time_s * _CLOCK_HZ), self._last_tick + 1)
        copy.pts, copy.time_base = self._last_tick, TIME_BASE
        begins = time_s - self._last_key_s >= _FRAGMENT_S
        copy.pict_type = PictureType.I if begins else PictureType.NONE
        self._last_key_s = time_s if begins else self._last_key_s
        self._container.mux(self._stream.encode(copy))

    def close(self) -> None:
        """Write the encoder's remaining frames."""
        self._container.mux(self._stream.encode())
        self._container.close()


def close_live_video(source: Path, target: Path) -> bool:
    """Copy a file of :class:`LiveVideo`, even a truncated one, to an mp4 with its index at the front.

    Returns:
        Whether there was any picture; without one, no target is written.
    """
    copied = 0
    with contextlib.suppress(av.error.FFmpegError), av.open(str(source)) as old:
        template = picture_stream(old)
        with av.open(str(target), "w", format="mp4", options={"movflags": "faststart"}) as new:
            stream = new.add_stream_from_template(template)
            # A truncated file raises an error after its last complete fragment.
            with contextlib.suppress(av.error.FFmpegError):
                for packet in old.demux(template):
                    if packet.dts is not None and not packet.is_corrupt:
                        packet.stream = stream
                        new.mux(packet)
                        copied += 1
    if not copied:
        target.unlink(missing_ok=True)
    return copied > 0


def in_time(pieces: Iterable[Any], facts: Survey) -> Iterator[tuple[float, Any]]:
    """Yield (time_s, piece), with each piece's timestamps shifted to that time.

    Args:
        pieces: Packets or decoded frames of one stream, in order.
        facts: The video's survey.
    """
    longest_s = float("inf") if facts.is_clean else facts.longest_s
    clock = Clock(facts.start_s, _SOUND_STEP_S, longest_s, trusts_gaps=True)
    for time_s, piece in clock.times(pieces, _stamp):
        stamp = _stamp(piece)
        by = round((time_s - (time_s if stamp is None else stamp)) / piece.time_base)
        piece.pts = None if piece.pts is None else piece.pts + by
        if piece.dts is not None:
            piece.dts += by
        yield time_s, piece


def _stamp(piece: Any) -> float | None:
    ticks = piece.pts if piece.dts is None else piece.dts
    return None if ticks is None or piece.time_base is None else float(ticks * piece.time_base)
