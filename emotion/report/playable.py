"""Makes videos playable in browsers: returns the file itself if they play it, else an H.264 copy with its sound.

Untrusted files are read in a sandbox (:mod:`emotion.sandbox.runner`).
"""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import av
import av.error

from emotion.errors import VideoError
from emotion.limits import out_of_memory_message
from emotion.progress import OnProgress
from emotion.report.stills import shrink
from emotion.sandbox.runner import run_limited
from emotion.types import Frame, Progress
from emotion.vision.decode.containers import moving_streams, open_container, picture_stream, sound_stream
from emotion.vision.decode.survey import Survey, survey
from emotion.vision.decode.video import is_shown_as_stored, probe, read_video
from emotion.vision.encode import TIME_BASE, in_time, timed_pictures

COPY_PX = 1280
"""Longest side of a copy."""

_BY_CONTAINER = {"mp4": {"h264", "av1", "vp9"}, "webm": {"vp8", "vp9", "av1"}}
_BROWSER_PIXELS = {"yuv420p", "yuvj420p"}
_LATE_START_S = 0.1
"""Browsers differ in where they start files whose timestamps begin later than this."""


def playable(path: Path, copy: Path, on_step: OnProgress) -> Path:
    """Return the video itself if browsers play it, else a new copy.

    Args:
        path: The video.
        copy: Path of a copy, ending in ``.mp4``.
        on_step: Called with the copy's progress; may raise :class:`emotion.errors.Cancelled`.

    Raises:
        VideoError: The video cannot be read or crashes the sandbox.
    """
    return copy if run_limited(_prepare, path, copy, on_step=on_step) else path


def _prepare(path: Path, copy: Path, on_step: OnProgress) -> bool:
    """Make a copy if one is needed, and return whether it is."""
    if plays_in_browser(path):
        return False
    total, started = probe(path).frame_count, time.perf_counter()
    write_playable(path, copy, lambda done: on_step(Progress(done, max(total, done), time.perf_counter() - started)))
    return True


def plays_in_browser(path: Path) -> bool:
    """Return whether current browsers play the file and show the same frames at the same times as the analysis.

    Browsers differ in mirroring, non-square pixels, HDR and interlacing, and do not repair timestamps.
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
        # QuickTime files have the same demuxer as MP4 and differ by their brand.
        return "mov" if container.metadata.get("major_brand", "").startswith("qt") else "mp4"
    return "webm" if "webm" in name else str(name)


def write_playable(path: Path, target: Path, on_frame: Callable[[int], None]) -> Path:
    """Write an upright H.264 copy with AAC sound, every frame at its own time.

    Args:
        path: The video.
        target: Path of the copy, ending in ``.mp4``.
        on_frame: Called with the number of frames written; may raise to stop.

    Raises:
        VideoError: The video cannot be read.
    """
    try:
        with av.open(str(target), "w", options={"movflags": "faststart"}) as output, open_container(path) as sound:
            _write_streams(path, output, sound, survey(path), on_frame)
    except MemoryError as error:
        raise VideoError(out_of_memory_message()) from error
    except av.error.FFmpegError as error:
        raise VideoError(f"the video cannot be converted for the browser ({error})") from error
    return target


def _write_streams(path: Path, output: Any, sound: Any, facts: Survey, on_frame: Callable[[int], None]) -> None:
    pictures = timed_pictures(_readable(path), lambda frame: shrink(frame.rgb(), COPY_PX))
    first = next(pictures)
    video = _add_picture_stream(output, first[1])
    audio = output.add_stream("aac", rate=48_000, layout="stereo") if sound_stream(sound) else None
    count = 0
    # In order of time, so that the container buffers little.
    for _, frame in heapq.merge([first], pictures, _sounds(sound, facts), key=lambda timed: timed[0]):
        if isinstance(frame, av.VideoFrame):
            output.mux(video.encode(frame))
            on_frame(count := count + 1)
        elif audio is not None:
            output.mux(audio.encode(frame))
    for stream in (video, audio):
        if stream is not None:
            output.mux(stream.encode())


def _readable(path: Path) -> Iterator[Frame]:
    """Yield the frames of a video that can be read, as its analysis does if the video is damaged."""
    count = 0
    try:
        for frame in read_video(path):
            count += 1
            yield frame
    except VideoError:
        if not count:
            raise


def _add_picture_stream(output: Any, frame: Any) -> Any:
    stream = output.add_stream("libx264", options={"crf": "23", "preset": "veryfast"})
    stream.width, stream.height, stream.pix_fmt = frame.width, frame.height, "yuv420p"
    stream.codec_context.time_base = TIME_BASE
    return stream


def _sounds(container: Any, facts: Survey) -> Iterator[tuple[float, Any]]:
    if (stream := sound_stream(container)) is not None:
        yield from in_time(container.decode(stream), facts)
