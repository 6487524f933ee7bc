"""Encodes the frames of a recording to a video file, on a separate thread."""

from __future__ import annotations

import queue
import threading
from pathlib import Path
from typing import BinaryIO

import av
import av.error

from emotion.library.jobs.clips import lock_clip
from emotion.vision.encode import LiveVideo

_MAX_WAITING = 60
"""Longest encoder queue; further frames are dropped to bound memory."""


class Clip:
    """Writes frames to a file, which stays locked until it is handed over.

    Args:
        path: The file; its folder must exist.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = lock_clip(path)
        self._waiting: queue.Queue[tuple[av.VideoFrame, float] | None] = queue.Queue(_MAX_WAITING)
        self.left_out = 0
        """Number of dropped frames."""
        self.problem = ""
        """Why writing stopped, for people; empty if it did not."""
        self._thread = threading.Thread(target=self._run, name="live clip", daemon=True)
        self._thread.start()

    def add(self, picture: av.VideoFrame, time_s: float) -> None:
        """Queue a frame, which must not change any more, with its time in seconds."""
        try:
            self._waiting.put_nowait((picture, time_s))
        except queue.Full:
            self.left_out += 1

    def finish(self) -> BinaryIO:
        """Write the queued frames and return the file's lock, which the hand-over needs."""
        self._waiting.put(None)
        self._thread.join()
        return self._lock

    def _run(self) -> None:
        video: LiveVideo | None = None
        while (item := self._waiting.get()) is not None:
            if self.problem:
                continue
            picture, time_s = item
            try:
                video = video or LiveVideo(self._path, picture.width, picture.height)
                video.add(picture, time_s)
            except (av.error.FFmpegError, OSError) as error:
                self.problem = f"The video could not be recorded any further ({error.strerror or error})."
        if video is not None:
            try:
                video.close()
            except (av.error.FFmpegError, OSError) as error:
                self.problem = f"The recorded video ends a little early ({error.strerror or error})."
