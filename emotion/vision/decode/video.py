"""Reads videos as a stream of frames with their display times."""

from __future__ import annotations

import contextlib
import datetime as dt
import itertools
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import av.error

from emotion.errors import VideoError
from emotion.limits import check_frame, out_of_memory_message
from emotion.types import Frame, Image, VideoInfo
from emotion.vision.decode.containers import open_container, path_of, picture_stream
from emotion.vision.decode.formats import format_of, other_kind
from emotion.vision.decode.hdr import is_hdr
from emotion.vision.decode.packets import Lost, pictures_of, take_lost
from emotion.vision.decode.planes import INTERLACED_NOTE, is_interlaced, luma_of, rgb_of
from emotion.vision.decode.sampling import ROUNDING_S, Sampler, Sampling
from emotion.vision.decode.seek import Position, pictures_after, pictures_from, pictures_until
from emotion.vision.decode.shape import Shape
from emotion.vision.decode.survey import Survey, survey_opened

_EXPECTED = "mp4, mov, avi, mkv or webm"
_RECORDED = ("com.apple.quicktime.creationdate", "creation_time")
_EARLIEST = dt.datetime(1990, 1, 1, tzinfo=dt.UTC)


def probe(path: str | Path) -> VideoInfo:
    """Return the facts of a video: its size as displayed, and its duration as measured from its frames.

    Raises:
        VideoError: The file cannot be read, or has no frame.
        TooLargeError: Its frames have more pixels than the settings allow (:mod:`emotion.limits`).
    """
    with _surveyed(path_of(path)) as (container, stream, facts):
        return _info(stream, _first_picture(container, stream), facts)


def recorded_at(path: str | Path) -> dt.datetime | None:
    """Return the recording time in a video's metadata; None if it is missing or implausible.

    Phones write a time with a zone, cameras UTC; a camera whose clock was never set writes 1904 or 1970.

    Raises:
        VideoError: The file cannot be read.
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
    """Yield the frames of a video in display order.

    Args:
        path: The file.
        every: Keep every n-th frame.
        fps: Keep at most this many frames per second of video, instead of every n-th.
        start_s: Skip frames before this time, s.
        end_s: Stop at this time, s, exclusive.
        after: Continue after this frame, the last one of an earlier run with the same arguments.

    Raises:
        VideoError: The file cannot be read or breaks off, or the part has no frame. If frames are lost or distorted,
            because the file is damaged, it is raised after the last frame.
    """
    path, sampling = path_of(path), Sampling(every, fps, start_s, end_s)
    keep = Sampler(sampling, None if after is None else (after.index, after.time_s))
    last, damaged = (None if start_s > 0 else -1, 0) if after is None else (after.index, after.damaged)
    shown, lost = False, Lost()
    for index, time_s, picture, view in _pictures_of(path, start_s, after, lost):
        if sampling.is_after(time_s):
            break
        if sampling.is_before(time_s):
            continue
        damaged += picture.is_corrupt + (0 if last is None else index - last - 1)
        last = index
        if keep(index, time_s):
            shown = True
            yield _frame(index, time_s, picture, view, damaged)
    else:
        damaged += len(lost)
    if damaged:
        are = "is" if damaged == 1 else "are"
        raise VideoError(f"{path.name} is damaged: {damaged:,} of its frames {are} lost or distorted")
    if not shown and after is None and (start_s > 0 or end_s is not None):
        raise VideoError(sampling.nothing_in(path.name, probe(path).duration_s))


def read_pictures(path: str | Path) -> Iterator[tuple[float, Any, Shape]]:
    """Yield the decoded frames of a video in display order, each with its time, s, and the video's display shape.

    Raises:
        VideoError: The file cannot be read or breaks off.
    """
    for _, time_s, picture, view in _pictures_of(path_of(path), 0.0, None, Lost()):
        yield time_s, picture, view.shape


def frame_at(path: str | Path, time_s: float) -> Image:
    """Return the frame displayed at a time, ``(H, W, 3)`` uint8 RGB; the last one if the video is shorter.

    Raises:
        VideoError: The file cannot be read.
    """
    path, lost = Path(path), Lost()
    with _surveyed(path) as (container, stream, facts):
        shape = _shape(container, stream)
        pts = math.floor((max(time_s, 0.0) + facts.start_s + ROUNDING_S) / stream.time_base)
        pictures = pictures_until(container, stream, pts, lost) if facts.is_clean else None
        if pictures is not None:
            return _shown_at(path, _timed(path, pictures, facts, lost), time_s, shape)
    with _opened(path) as (container, stream):
        return _shown_at(path, _timed(path, pictures_of(container, stream, lost), facts, lost), time_s, shape)


def _shown_at(path: Path, pictures: Iterable[tuple[int, float, Any]], time_s: float, shape: Shape) -> Image:
    shown = None
    for _, at_s, picture in pictures:
        if shown is not None and at_s > time_s + ROUNDING_S:
            break
        shown = picture
    if shown is None:
        raise VideoError(f"{path.name} has no frame at {time_s:.2f} s")
    return rgb_of(shown, shape)


def is_shown_as_stored(path: str | Path) -> bool:
    """Return whether players display a video as it is analysed: not mirrored, scaled, tone-mapped or deinterlaced.

    Raises:
        VideoError: The file cannot be read.
    """
    with _opened(Path(path)) as (container, stream):
        first = _first_picture(container, stream)
        shape = Shape.of(stream, first)
    is_converted = is_hdr(first) or is_interlaced(first)
    return not shape.orientation.mirrored and shape.pixel_aspect == 1 and not is_converted


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[tuple[Any, Any]]:
    if not path.is_file():
        raise VideoError(f"{path.name} cannot be opened: there is no such file")
    if path.stat().st_size == 0:
        raise VideoError(f"{path.name} is empty; expected a video: {_EXPECTED}")
    try:
        container = open_container(path)
    except (av.error.FFmpegError, ValueError) as error:
        raise VideoError(_not_a_video(path)) from error
    with container:
        stream = picture_stream(container)
        _check_size(stream, path.name)
        # One decoding thread, as inference uses the other cores.
        stream.thread_type = "NONE"
        yield container, stream


def _not_a_video(path: Path) -> str:
    """Return why a file is refused as a video, with its actual type if its first bytes show it."""
    with path.open("rb") as file:
        start = file.read(2000)
    form, kind = format_of(start), other_kind(start)
    if form is not None:
        kind = f"a picture ({form})"
    if kind in {None, "a video"}:
        return f"{path.name} is not a video that can be read; expected {_EXPECTED}"
    return f"{path.name} is {kind}; expected a video: {_EXPECTED}"


@contextlib.contextmanager
def _surveyed(path: Path) -> Iterator[tuple[Any, Any, Survey]]:
    """Open a video at its start, with the facts about its time."""
    with _opened(path) as (container, stream):
        facts, is_at_start = survey_opened(container, stream)
        if is_at_start:
            yield container, stream, facts
    if not is_at_start:
        with _opened(path) as (container, stream):
            yield container, stream, facts


def _check_size(stream: Any, name: str) -> None:
    width, height = stream.codec_context.width, stream.codec_context.height
    if not width or not height:
        raise VideoError(f"{name} has no frames: its video stream states no size")
    check_frame(width, height, name)


@dataclass(frozen=True, slots=True)
class _View:
    """Display shape of a video's frames, and whether timestamps identify them."""

    shape: Shape
    has_places: bool


def _pictures_of(
    path: Path, start_s: float, after: Position | None, lost: Lost
) -> Iterator[tuple[int, float, Any, _View]]:
    """Yield (index, time_s, decoded frame, view) from shortly before the start time, or after a position.

    Indices of lost frames are left out; in the end, ``lost`` has those after the last frame.
    """
    if after is not None or start_s > 0:
        with _surveyed(path) as (container, stream, facts):
            view = _View(_shape(container, stream), has_places=True)
            if (found := _seek(container, stream, facts, view.shape, start_s, after, lost)) is not None:
                for index, time_s, picture in found:
                    yield index, time_s, picture, view
                return
    lost.clear()
    yield from _pictures_from_the_start(path, -1 if after is None else after.index, lost)


def _pictures_from_the_start(path: Path, last: int, lost: Lost) -> Iterator[tuple[int, float, Any, _View]]:
    """Yield the frames after index ``last``."""
    with _surveyed(path) as (container, stream, facts):
        view = None
        for index, time_s, picture in _timed(path, pictures_of(container, stream, lost), facts, lost):
            view = view or _View(_checked(Shape.of(stream, picture), path.name), facts.is_clean)
            if index > last:
                yield index, time_s, picture, view


def _seek(
    container: Any, stream: Any, facts: Survey, shape: Shape, start_s: float, after: Position | None, lost: Lost
) -> Iterator[tuple[int, float, Any]] | None:
    """Return the frames after a position or from a time on; None if seeking there is unreliable."""
    path = Path(container.name)
    if not facts.is_clean:
        return None
    if after is not None:
        rest = pictures_after(container, stream, after, lambda picture: luma_of(picture, shape), lost)
        return None if rest is None else _timed(path, rest, facts, lost, after.index, after.time_s)
    found = pictures_from(container, stream, start_s - ROUNDING_S + facts.start_s, facts.hidden, lost)
    return None if found is None else _timed(path, found[1], facts, lost, found[0] - 1)


def _timed(
    path: Path, pictures: Iterable[Any], facts: Survey, lost: Lost, index: int = -1, last_s: float | None = None
) -> Iterator[tuple[int, float, Any]]:
    """Yield (index, time_s, decoded frame); times start at the file's start and increase.

    Args:
        path: The file.
        pictures: Consecutive decoded frames.
        facts: Facts about their time.
        lost: Time stamps of frames between them that cannot be decoded; removed as their places are passed.
        index: Index of the frame before the first.
        last_s: Time of the frame before the first, s, if known.
    """
    clock = facts.clock()
    if last_s is not None:
        clock.continue_after(last_s)
    try:
        for time_s, (picture, _, missing) in clock.times(_stamped(pictures, facts, lost), lambda stamped: stamped[1]):
            index, last_s = index + missing + 1, time_s
            yield index, time_s, picture
    except MemoryError as error:
        raise VideoError(f"{path.name} cannot be read: {out_of_memory_message()}") from error
    except av.error.FFmpegError as error:
        where = "before its first frame" if last_s is None else f"after {last_s:.1f} s"
        raise VideoError(f"{path.name} is damaged: it breaks off {where}") from error
    if index < 0:
        raise VideoError(f"{path.name} has no frames: its video stream is empty")


def _stamped(pictures: Iterable[Any], facts: Survey, lost: Lost) -> Iterator[tuple[Any, float | None, int]]:
    """Yield each decoded frame with its time stamp, s, and the number of lost frames before it.

    If the survey has stamps by place, the first of these frames must be the video's first.
    """
    places = itertools.chain(facts.by_place, itertools.repeat(None))
    for picture in pictures:
        missing = take_lost(lost, None if facts.by_place else picture.pts)
        stamp = next(itertools.islice(places, missing, None)) if facts.by_place else picture.time
        yield picture, stamp, missing


def _frame(index: int, time_s: float, picture: Any, view: _View, damaged: int) -> Frame:
    shape, pts = view.shape, picture.pts if view.has_places else None
    return Frame(index, time_s, luma_of(picture, shape), lambda: rgb_of(picture, shape), pts, damaged)


def _info(stream: Any, first: Any, facts: Survey) -> VideoInfo:
    shape = _checked(Shape.of(stream, first), Path(stream.container.name).name)
    return VideoInfo(
        width=shape.width,
        height=shape.height,
        fps=facts.fps,
        frame_count=facts.frames,
        duration_s=facts.end_s,
        rotation=shape.orientation.rotation,
        codec=str(stream.codec_context.name),
        mirrored=shape.orientation.mirrored,
        mended=" ".join(filter(None, [facts.mended, facts.left_out, INTERLACED_NOTE if is_interlaced(first) else ""])),
    )


def _shape(container: Any, stream: Any) -> Shape:
    """Return the shape of a stream that is still at its start."""
    return _checked(Shape.of(stream, _first_picture(container, stream)), Path(container.name).name)


def _checked(shape: Shape, name: str) -> Shape:
    check_frame(shape.width, shape.height, name)
    return shape


def _first_picture(container: Any, stream: Any) -> Any:
    name = Path(container.name).name
    try:
        first = next(pictures_of(container, stream), None)
    except MemoryError as error:
        raise VideoError(f"{name} cannot be read: {out_of_memory_message()}") from error
    except av.error.FFmpegError as error:
        raise VideoError(f"{name} is damaged: it breaks off before its first frame") from error
    if first is None:
        raise VideoError(f"{name} has no frames: its video stream is empty")
    return first
