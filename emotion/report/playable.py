"""Makes a video that a browser plays: the file itself where it does, an H.264 copy with its sound where it does not.

:func:`playable` does so in a process with limits (:mod:`emotion.sandbox.runner`), as the file may come from anybody.
"""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import av.error
import numpy as np

from emotion.errors import VideoError
from emotion.limits import no_memory_words
from emotion.progress import OnProgress
from emotion.report.sound import in_time
from emotion.report.stills import shrink
from emotion.sandbox.runner import run_limited
from emotion.types import Frame, Progress
from emotion.vision.decode.containers import moving_streams, open_container, picture_stream, sound_stream
from emotion.vision.decode.survey import Survey, survey
from emotion.vision.decode.video import is_shown_as_stored, probe, read_video

COPY_PX = 1280
"""Longest side of a copy."""

_CLOCK_HZ = 90_000
_BY_CONTAINER = {"mp4": {"h264", "av1", "vp9"}, "webm": {"vp8", "vp9", "av1"}}
_BROWSER_PIXELS = {"yuv420p", "yuvj420p"}
_LATE_START_S = 0.1
"""A file whose stamps begin later is shown from there on by some browsers, from 0 on by others."""


def playable(path: Path, copy: Path, on_step: OnProgress) -> Path:
    """Return the video itself if browsers play it, else a copy that is made now.

    Args:
        path: The video.
        copy: Where a copy goes, ending in ``.mp4``.
        on_step: Told how far the copy is; may raise :class:`emotion.errors.Cancelled`.

    Raises:
        VideoError: The video cannot be read, or reading it takes down its process.
    """
    return copy if run_limited(_prepare, path, copy, on_step=on_step) else path


def _prepare(path: Path, copy: Path, on_step: OnProgress) -> bool:
    """Return whether a copy was needed, and make it."""
    if plays_in_browser(path):
        return False
    total, started = probe(path).frame_count, time.perf_counter()
    write_playable(path, copy, lambda done: on_step(Progress(done, max(total, done), time.perf_counter() - started)))
    return True


def plays_in_browser(path: Path) -> bool:
    """Return whether today's browsers play the file as it is, and show what was analysed at the times it was analysed.

    Browsers differ in mirrored pictures, pixels that are not square and HDR, and trust every time stamp.
    """
    with open_container(path) as container:
        codec = picture_stream(container).codec_context
        is_known = codec.name in _BY_CONTAINER.get(_container_kind(container), set())
        if not is_known or codec.pix_fmt not in _BROWSER_PIXELS or moving_streams(container)[1:]:
            return False
    facts = survey(path)
    return facts.is_clean and abs(facts.start_s) <= _LATE_START_S and is_shown_as_stored(path)


def _container_kind(container: Any) -> str:
    name = container.format.name
    if "mp4" in name:
        # QuickTime files share MP4's reader; their brand tells them apart.
        return "mov" if container.metadata.get("major_brand", "").startswith("qt") else "mp4"
    return "webm" if "webm" in name else str(name)


def write_playable(path: Path, target: Path, on_frame: Callable[[int], None]) -> Path:
    """Write an upright H.264 copy with AAC sound, every frame at its own time.

    Args:
        path: The video.
        target: Where to, ending in ``.mp4``.
        on_frame: Called with the number of frames written; may raise to stop.

    Raises:
        VideoError: The video cannot be read.
    """
    try:
        with av.open(str(target), "w", options={"movflags": "faststart"}) as output, open_container(path) as sound:
            _write_streams(path, output, sound, survey(path), on_frame)
    except MemoryError as error:
        raise VideoError(no_memory_words()) from error
    except av.error.FFmpegError as error:
        raise VideoError(f"no copy of the video can be made for the browser ({error})") from error
    return target


def _write_streams(path: Path, output: Any, sound: Any, facts: Survey, on_frame: Callable[[int], None]) -> None:
    pictures = _pictures(path)
    first = next(pictures)
    video = _add_picture_stream(output, first[1])
    audio = output.add_stream("aac", rate=48_000, layout="stereo") if sound_stream(sound) else None
    count = 0
    # In order of time, so that the container needs to hold back no more than a moment.
    for _, frame in heapq.merge([first], pictures, _sounds(sound, facts), key=lambda timed: timed[0]):
        if isinstance(frame, av.VideoFrame):
            output.mux(video.encode(frame))
            on_frame(count := count + 1)
        elif audio is not None:
            output.mux(audio.encode(frame))
    for stream in (video, audio):
        if stream is not None:
            output.mux(stream.encode())


def _add_picture_stream(output: Any, frame: Any) -> Any:
    stream = output.add_stream("libx264", options={"crf": "23", "preset": "veryfast"})
    stream.width, stream.height, stream.pix_fmt = frame.width, frame.height, "yuv420p"
    stream.codec_context.time_base = Fraction(1, _CLOCK_HZ)
    return stream


def _pictures(path: Path) -> Iterator[tuple[float, Any]]:
    ticks = -1
    for frame in read_video(path):
        # Two frames may not share a tick, even where a broken file says so.
        ticks = max(round(frame.time_s * _CLOCK_HZ), ticks + 1)
        picture = _even_picture(frame)
        picture.pts, picture.time_base = ticks, Fraction(1, _CLOCK_HZ)
        yield frame.time_s, picture


def _even_picture(frame: Frame) -> Any:
    """Return the frame no larger than a screen, with even sides as 4:2:0 needs them."""
    rgb = shrink(frame.rgb(), COPY_PX)
    rgb = np.pad(rgb, ((0, rgb.shape[0] % 2), (0, rgb.shape[1] % 2), (0, 0)), mode="edge")
    return av.VideoFrame.from_ndarray(np.ascontiguousarray(rgb), format="rgb24")


def _sounds(container: Any, facts: Survey) -> Iterator[tuple[float, Any]]:
    if (stream := sound_stream(container)) is not None:
        yield from in_time(container.decode(stream), facts)
