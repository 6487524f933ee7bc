"""Videos as a stream of frames with the times at which a player shows them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import av.error
import cv2
import numpy as np

from emotion.errors import TooLargeError, VideoError
from emotion.types import Frame, Image, VideoInfo

MAX_FRAME_PIXELS = 8192 * 4320
"""Refused above this: 8K cinema."""

_ROUNDING_S = 1e-3
"""Timestamps are rounded to the container's time base, often a millisecond."""

_PLANAR_LUMA = {"yuv420p", "yuv422p", "yuv444p", "yuvj420p", "yuvj422p", "yuvj444p", "nv12", "nv21", "gray"}
"""8-bit formats whose first plane is the grey picture."""
_FULL_RANGE_FORMATS = {"yuvj420p", "yuvj422p", "yuvj444p", "gray"}
_LIMITED_BLACK, _LIMITED_SPAN = 16, 219
"""Video luma runs from 16 to 235 unless a file says otherwise (ITU-R BT.601)."""


def probe(path: str | Path) -> VideoInfo:
    """Return the facts of a video, with its size as shown.

    Raises:
        VideoError: Not a video that can be read, or no picture in it.
        TooLargeError: The picture is larger than 8K.
    """
    with _opened(Path(path)) as (container, stream):
        rotation = _first_rotation(container, stream)
        return _info(container, stream, rotation)


def read_video(path: str | Path, every: int = 1, fps: float | None = None) -> Iterator[Frame]:
    """Yield the frames of a video in the order in which they are shown.

    Args:
        path: The file.
        every: Keep every n-th frame.
        fps: Instead, keep at most this many frames per second of video.

    Raises:
        VideoError: Not a video that can be read, or it breaks off.
    """
    if every < 1 or (fps is not None and fps <= 0):
        raise VideoError(f"expected every ≥ 1 and fps > 0; got every={every}, fps={fps}")
    with _opened(Path(path)) as (container, stream):
        keep = _Sampler(every, fps)
        for index, time_s, picture in _pictures(container, stream, Path(path).name):
            if keep(index, time_s):
                yield _frame(index, time_s, picture)


def frame_at(path: str | Path, time_s: float) -> Image:
    """Return the picture shown at a time as ``(H, W, 3)`` uint8 RGB; the last one if the video is shorter.

    Raises:
        VideoError: Not a video that can be read.
    """
    with _opened(Path(path)) as (container, stream):
        container.seek(round((max(time_s, 0.0) + _start_s(container)) * av.time_base))
        shown = None
        for _, at_s, picture in _pictures(container, stream, Path(path).name):
            if shown is not None and at_s > time_s + _ROUNDING_S:
                break
            shown = picture
        if shown is None:
            raise VideoError(f"{Path(path).name} shows no picture at {time_s:.2f} s")
        return _rgb(shown)


class _Sampler:
    """Decides which frames are kept."""

    def __init__(self, every: int, fps: float | None) -> None:
        self._every, self._fps = every, fps
        self._next_s = 0.0

    def __call__(self, index: int, time_s: float) -> bool:
        if self._fps is None:
            return index % self._every == 0
        if time_s + _ROUNDING_S < self._next_s:
            return False
        self._next_s = max(self._next_s + 1 / self._fps, time_s)
        return True


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[tuple[Any, Any]]:
    if not path.is_file():
        raise VideoError(f"{path.name} cannot be opened: there is no such file")
    if path.stat().st_size == 0:
        raise VideoError(f"{path.name} is empty; expected a video (mp4, mov, avi, mkv or webm)")
    try:
        container = av.open(str(path), metadata_errors="ignore")
    except (av.error.FFmpegError, ValueError) as error:
        raise VideoError(f"{path.name} is not a video that can be read; expected mp4, mov, avi, mkv or webm") from error
    with container:
        if not container.streams.video:
            raise VideoError(f"{path.name} has no picture: it holds no video stream")
        stream = container.streams.video[0]
        _check_size(stream, path.name)
        # One decoding thread: the other core is for the inference that runs beside it.
        stream.thread_type = "NONE"
        yield container, stream


def _check_size(stream: Any, name: str) -> None:
    width, height = stream.codec_context.width, stream.codec_context.height
    if not width or not height:
        raise VideoError(f"{name} has no picture: its video stream says no size")
    if width * height > MAX_FRAME_PIXELS:
        raise TooLargeError(f"{name} is too large: pictures up to 8192 × 4320 can be read; it has {width} × {height}")


def _pictures(container: Any, stream: Any, name: str) -> Iterator[tuple[int, float, Any]]:
    """Yield (index, time_s, decoded picture); the times start at the container's start and never go back."""
    start_s, step_s, time_s = _start_s(container), 1 / _fps(stream), 0.0
    index = -1
    try:
        for index, picture in enumerate(container.decode(stream)):
            expected_s = time_s + step_s if index else 0.0
            time_s = expected_s if picture.time is None else max(picture.time - start_s, time_s if index else 0.0)
            yield index, time_s, picture
    except av.error.FFmpegError as error:
        where = f"after {time_s:.1f} s" if index >= 0 else "before its first picture"
        raise VideoError(f"{name} is damaged: it breaks off {where}") from error
    if index < 0:
        raise VideoError(f"{name} has no picture: its video stream is empty")


def _frame(index: int, time_s: float, picture: Any) -> Frame:
    return Frame(index, time_s, _luma(picture), lambda: _rgb(picture))


def _luma(picture: Any) -> Image:
    """Return the full-range grey picture, upright, in one pass over the luma plane."""
    name = picture.format.name
    if name not in _PLANAR_LUMA:
        return _upright(picture.to_ndarray(format="gray"), picture.rotation)
    plane = picture.planes[0]
    grey = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)[: picture.height, : picture.width]
    if name in _FULL_RANGE_FORMATS or picture.color_range == av.video.reformatter.ColorRange.JPEG:
        return _upright(grey.copy(), picture.rotation)
    gain = 255 / _LIMITED_SPAN
    return _upright(cv2.convertScaleAbs(grey, alpha=gain, beta=-_LIMITED_BLACK * gain), picture.rotation)


def _rgb(picture: Any) -> Image:
    return _upright(picture.to_ndarray(format="rgb24"), picture.rotation)


def _upright(image: Image, rotation: int) -> Image:
    """Turn a picture counter-clockwise by the degrees that its display matrix asks for."""
    turns = round(rotation / 90) % 4
    return np.ascontiguousarray(np.rot90(image, turns)) if turns else image


def _info(container: Any, stream: Any, rotation: int) -> VideoInfo:
    fps, duration_s = _fps(stream), _duration_s(container, stream)
    width, height = stream.codec_context.width, stream.codec_context.height
    if round(rotation / 90) % 2:
        width, height = height, width
    return VideoInfo(
        width=width,
        height=height,
        fps=fps,
        frame_count=int(stream.frames) or round(duration_s * fps),
        duration_s=duration_s,
        rotation=rotation,
        codec=str(stream.codec_context.name),
    )


def _first_rotation(container: Any, stream: Any) -> int:
    try:
        return int(next((picture.rotation for picture in container.decode(stream)), 0))
    except av.error.FFmpegError:
        return 0


def _fps(stream: Any) -> float:
    return float(stream.average_rate or stream.guessed_rate or 25.0)


def _duration_s(container: Any, stream: Any) -> float:
    if stream.duration is not None and stream.time_base is not None:
        return float(stream.duration * stream.time_base)
    return float(container.duration or 0) / av.time_base


def _start_s(container: Any) -> float:
    return float(container.start_time or 0) / av.time_base
