"""Reads frames from a camera, a network stream or a file, for a session without a browser.

A camera or network stream gives its newest frame; frames that arrive during an analysis are counted and skipped. A file
gives every frame, no faster than it plays.
"""

from __future__ import annotations

import contextlib
import logging
import math
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import av.error
from av.format import Flags

from emotion.errors import LiveError, brief
from emotion.live.stream_time import Pauses
from emotion.vision.decode.containers import moving_streams, picture_stream
from emotion.vision.decode.planes import with_square_pixels
from emotion.vision.decode.shape import Shape
from emotion.vision.decode.video import read_pictures

OPEN_TIMEOUT_S, READ_TIMEOUT_S = 10.0, 10.0
RETRY_S = 2.0
"""Pause before a network stream that was interrupted is opened again, seconds."""
_CHECK_S = 0.2
"""How often the stop event is checked while no frame arrives, seconds."""
_LOW_DELAY = {"fflags": "nobuffer", "flags": "low_delay", "rtsp_transport": "tcp", "probesize": "500000"}
PROTOCOLS = ("rtsp://", "rtsps://", "udp://", "rtp://", "http://", "https://", "rtmp://")

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Captured:
    """A captured frame.

    Attributes:
        frame: The decoded frame.
        time_s: Its time in the source, with the pauses that a source leaves out, seconds; its arrival if the source has
            no times.
        arrived_s: ``time.perf_counter`` when it was decoded, seconds.
        skipped: Number of frames skipped before it.
    """

    frame: av.VideoFrame
    time_s: float
    arrived_s: float
    skipped: int = 0


def read_file(path: Path, *, loops: int = 1, stop: threading.Event | None = None) -> Iterator[Captured]:
    """Yield every frame of a video at its own speed or slower, with the same times as in an analysis of the file.

    Args:
        path: The file.
        loops: Number of times to play it; 0 for endlessly. Times continue from one to the next.
        stop: Set it to stop.

    Raises:
        VideoError: It cannot be read.
    """
    ended, start_s, next_s, played = stop or threading.Event(), float("nan"), 0.0, 0
    while not ended.is_set() and (loops == 0 or played < loops):
        first_s, last_s, step_s, before_s = None, next_s, 1 / 25, next_s
        for moment_s, picture, shape in read_pictures(path):
            first_s = moment_s if first_s is None else first_s
            time_s = before_s + moment_s - first_s
            step_s, last_s = max(time_s - last_s, 1e-3), time_s
            # Reading the times of a long file takes a while before its first frame.
            start_s = time.perf_counter() - time_s if math.isnan(start_s) else start_s
            if ended.wait(max(start_s + time_s - time.perf_counter(), 0.0)):
                return
            yield Captured(with_square_pixels(picture, shape), time_s, time.perf_counter())
        next_s, played = last_s + step_s, played + 1


def read_camera(number: int, stop: threading.Event) -> Iterator[Captured]:
    """Yield the newest frames of a local camera (Video4Linux) until stopped.

    Raises:
        LiveError: The camera cannot be opened, or was unplugged.
    """
    yield from _newest(f"/dev/video{number}", {"format": "v4l2"}, stop, Pauses())


def read_url(url: str, stop: threading.Event) -> Iterator[Captured]:
    """Yield the newest frames of a network stream until stopped; reconnect if it is interrupted.

    Raises:
        LiveError: It is not the URL of a stream, or cannot be opened the first time.
    """
    if not url.startswith(PROTOCOLS):
        raise LiveError(f"expected an address that begins with one of {', '.join(PROTOCOLS)}; got {brief(url)}")
    opened, pauses = False, Pauses()
    while not stop.is_set():
        try:
            for captured in _newest(url, {"options": _LOW_DELAY}, stop, pauses):
                opened = True
                yield captured
        except LiveError:
            if not opened:
                raise
        if not stop.is_set():
            log.warning("the stream was interrupted; trying again in %g s", RETRY_S)
        stop.wait(RETRY_S)


class _Newest:
    """Holds the newest frame that a thread has decoded."""

    def __init__(self, address: str, opening: dict[str, Any], stop: threading.Event, pauses: Pauses) -> None:
        self._address, self._opening, self._stop, self._pauses = address, opening, stop, pauses
        self._changed = threading.Condition()
        self._waiting: Captured | None = None
        self._skipped = 0
        self._ended = False
        self._error: Exception | None = None
        threading.Thread(target=self._run, name="camera", daemon=True).start()

    def next(self) -> Captured | None:
        """Wait for a new frame and return it; None at the end.

        Raises:
            LiveError: The source failed.
        """
        with self._changed:
            while not self._changed.wait_for(lambda: self._waiting or self._ended or self._stop.is_set(), _CHECK_S):
                pass  # the stop event does not wake this thread
            captured, self._waiting = self._waiting, None
            if captured is not None:
                skipped, self._skipped = self._skipped, 0
                return Captured(captured.frame, captured.time_s, captured.arrived_s, skipped)
            if self._error is not None and not self._stop.is_set():
                raise self._error
            return None

    def _run(self) -> None:
        try:
            for captured in _frames(self._address, self._opening, self._pauses):
                if self._stop.is_set():
                    break
                with self._changed:
                    self._skipped += self._waiting is not None
                    self._waiting = captured
                    self._changed.notify_all()
        except Exception as error:  # the reader's thread raises it
            self._error = error
        finally:
            with self._changed:
                self._ended = True
                self._changed.notify_all()


def _newest(address: str, opening: dict[str, Any], stop: threading.Event, pauses: Pauses) -> Iterator[Captured]:
    newest = _Newest(address, opening, stop, pauses)
    while (captured := newest.next()) is not None:
        yield captured


def _frames(address: str, opening: dict[str, Any], pauses: Pauses) -> Iterator[Captured]:
    shown, shape = Path(address).name if "://" not in address else address, None
    try:
        with av.open(address, timeout=(OPEN_TIMEOUT_S, READ_TIMEOUT_S), **opening) as container:
            if not moving_streams(container):
                raise LiveError(f"expected a picture in {shown}; there is none")
            stream = picture_stream(container)
            stream.thread_type = "SLICE"  # frame threads would delay each frame by several frames
            # FFmpeg assumes a frame rate for streams without time stamps, such as Motion JPEG over HTTP.
            is_timed = Flags.no_timestamps not in Flags(container.format.flags)
            with contextlib.suppress(av.error.EOFError):
                for picture in container.decode(stream):
                    arrived_s = time.perf_counter()
                    shape = shape or Shape.of(stream, picture)
                    frame = with_square_pixels(picture, shape)
                    stamp_s = picture.time if is_timed else None
                    yield Captured(frame, arrived_s if stamp_s is None else pauses(stamp_s, arrived_s), arrived_s)
    except (av.error.FFmpegError, OSError) as error:
        reason = "nothing came in time" if isinstance(error, av.error.ExitError) else error.strerror or brief(error)
        raise LiveError(f"{shown} cannot be read: {reason}") from error
