"""Videos as a stream of frames with the times at which a player shows them."""

from __future__ import annotations

import contextlib
import datetime as dt
import math
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import av
import av.error

from emotion.errors import VideoError
from emotion.limits import check_frame, no_memory_words
from emotion.types import Frame, Image, VideoInfo
from emotion.vision.containers import open_container
from emotion.vision.planes import luma_of, rgb_of
from emotion.vision.sampling import ROUNDING_S, Sampler, Sampling
from emotion.vision.seek import Position, pictures_after, pictures_from, pictures_until

_RECORDED = ("com.apple.quicktime.creationdate", "creation_time")
_EARLIEST = dt.datetime(1990, 1, 1, tzinfo=dt.UTC)


def probe(path: str | Path) -> VideoInfo:
    """Return the facts of a video, with its size as shown.

    Raises:
        VideoError: Not a video that can be read, or no picture in it.
        TooLargeError: Its frames have more pixels than the settings allow (:mod:`emotion.limits`).
    """
    with _opened(Path(path)) as (container, stream):
        rotation = _first_rotation(container, stream)
        return _info(container, stream, rotation)


def recorded_at(path: str | Path) -> dt.datetime | None:
    """Return when a video was recorded, as its file says; None where it does not say, or says what cannot be.

    Phones write the moment with its zone, cameras in UTC; one whose clock was never set writes 1904 or 1970.

    Raises:
        VideoError: Not a video that can be read.
    """
    with _opened(Path(path)) as (container, stream):
        said = [container.metadata.get(name) for name in _RECORDED] + [stream.metadata.get(_RECORDED[-1])]
    moments = (_moment(text) for text in said if text)
    soon = dt.datetime.now(dt.UTC) + dt.timedelta(days=1)
    return next((moment for moment in moments if moment is not None and _EARLIEST <= moment <= soon), None)


def _moment(text: str) -> dt.datetime | None:
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


def read_video(
    path: str | Path,
    every: int = 1,
    fps: float | None = None,
    *,
    start_s: float = 0.0,
    end_s: float | None = None,
    after: Position | None = None,
) -> Iterator[Frame]:
    """Yield the frames of a video in the order in which they are shown.

    Args:
        path: The file.
        every: Keep every n-th frame.
        fps: Instead, keep at most this many frames per second of video.
        start_s: Leave out the frames before this time.
        end_s: Leave out the frames from this time on.
        after: Go on behind this frame, which an earlier run with the same arguments kept last.

    Raises:
        VideoError: Not a video that can be read, it breaks off, or the part shows no picture.
    """
    path, sampling = Path(path), Sampling(every, fps, start_s, end_s)
    keep = Sampler(sampling, None if after is None else (after.index, after.time_s))
    shown = False
    for index, time_s, picture in _pictures_of(path, start_s, after):
        if sampling.is_after(time_s):
            break
        if not sampling.is_before(time_s) and keep(index, time_s):
            shown = True
            yield _frame(index, time_s, picture)
    if not shown and after is None and (start_s > 0 or end_s is not None):
        raise VideoError(f"{path.name} shows no picture in the part {sampling.part}; its length is {_length(path)}")


def frame_at(path: str | Path, time_s: float) -> Image:
    """Return the picture shown at a time as ``(H, W, 3)`` uint8 RGB; the last one if the video is shorter.

    Raises:
        VideoError: Not a video that can be read.
    """
    with _opened(Path(path)) as (container, stream):
        pts = math.floor((max(time_s, 0.0) + _start_s(container) + ROUNDING_S) / stream.time_base)
        pictures = pictures_until(container, stream, pts)
        shown = None
        for _, at_s, picture in _timed(container, stream, pictures or _from_the_start(container, stream)):
            if shown is not None and at_s > time_s + ROUNDING_S:
                break
            shown = picture
        if shown is None:
            raise VideoError(f"{Path(path).name} shows no picture at {time_s:.2f} s")
        return rgb_of(shown)


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[tuple[Any, Any]]:
    if not path.is_file():
        raise VideoError(f"{path.name} cannot be opened: there is no such file")
    if path.stat().st_size == 0:
        raise VideoError(f"{path.name} is empty; expected a video (mp4, mov, avi, mkv or webm)")
    try:
        container = open_container(path)
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
    check_frame(width, height, name)


def _pictures_of(path: Path, start_s: float, after: Position | None) -> Iterator[tuple[int, float, Any]]:
    """Yield (index, time_s, decoded picture) from shortly before the start on, or behind a position."""
    with _opened(path) as (container, stream):
        if after is not None and (rest := pictures_after(container, stream, after)) is not None:
            yield from _timed(container, stream, rest, after.index, after.time_s)
            return
        start = start_s - ROUNDING_S + _start_s(container)
        if after is None and start_s > 0 and (found := pictures_from(container, stream, start)) is not None:
            yield from _timed(container, stream, found[1], found[0] - 1)
            return
    with _opened(path) as (container, stream):
        for index, time_s, picture in _timed(container, stream, container.decode(stream)):
            if after is None or index > after.index:
                yield index, time_s, picture


def _timed(
    container: Any, stream: Any, pictures: Iterable[Any], index: int = -1, last_s: float | None = None
) -> Iterator[tuple[int, float, Any]]:
    """Yield (index, time_s, decoded picture); the times start at the container's start and never go back.

    Args:
        container: Where they come from.
        stream: Its video stream.
        pictures: Consecutive decoded pictures.
        index: Of the picture before the first.
        last_s: The time of the picture before the first, if known.
    """
    name, start_s, step_s = Path(container.name).name, _start_s(container), 1 / _fps(stream)
    try:
        for picture in pictures:
            index += 1
            expected_s = 0.0 if last_s is None else last_s + step_s
            last_s = expected_s if picture.time is None else max(picture.time - start_s, last_s or 0.0)
            yield index, last_s, picture
    except MemoryError as error:
        raise VideoError(f"{name} cannot be read: {no_memory_words()}") from error
    except av.error.FFmpegError as error:
        where = "before its first picture" if last_s is None else f"after {last_s:.1f} s"
        raise VideoError(f"{name} is damaged: it breaks off {where}") from error
    if index < 0:
        raise VideoError(f"{name} has no picture: its video stream is empty")


def _from_the_start(container: Any, stream: Any) -> Iterator[Any]:
    container.seek(0)
    yield from container.decode(stream)


def _length(path: Path) -> str:
    return f"{probe(path).duration_s:.1f} s"


def _frame(index: int, time_s: float, picture: Any) -> Frame:
    return Frame(index, time_s, luma_of(picture), lambda: rgb_of(picture), picture.pts)


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
