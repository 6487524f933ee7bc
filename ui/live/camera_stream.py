"""A WebRTC video track that analyses the newest camera frame and sends that frame back.

streamlit-webrtc's own processing repeats the last result at the camera's rate, shows raw frames until the first result,
and queues frames for the encoder without limit. Here, a newer frame replaces a waiting one, both before analysis and
before encoding; only short bursts, such as after a network delay, are kept whole. Every returned frame was analysed.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable
from typing import Protocol

import av
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack

from emotion.errors import EmotionError

_LOG = logging.getLogger(__name__)
_MAX_IN_FLIGHT = 2
"""Returned frames not yet released by the encoder: the one it works on, and the next."""
_MAX_WAIT_S = 0.025
"""How long a frame may wait when a newer one is there; less than a camera's frame interval."""
_MAX_QUEUED = 6


class Stage(Protocol):
    """What processes the frames of a stream."""

    def process(self, picture: av.VideoFrame, /, *, skipped: int) -> av.VideoFrame:
        """Return the frame to send back; called on the stream's thread."""

    def close(self) -> None:
        """Release everything; called once, on the stream's thread if it runs."""


class ReturnedTrack(MediaStreamTrack):
    """The track sent to the browser: the newest offered frame, as soon as the encoder is free."""

    kind = "video"

    def __init__(self) -> None:
        super().__init__()
        self._reader: asyncio.AbstractEventLoop | None = None
        self._changed = asyncio.Event()
        self._offered = FrameQueue()
        self._in_flight: weakref.WeakSet[_Mark] = weakref.WeakSet()

    def offer(self, picture: av.VideoFrame) -> None:
        """Queue a frame for sending. Thread-safe."""
        self._offered.put(picture, time.monotonic())
        self._wake()

    async def recv(self) -> av.VideoFrame:
        """Return the next frame.

        Raises:
            MediaStreamError: The track has ended.
        """
        self._reader = asyncio.get_running_loop()
        while self.readyState == "live" and (not self._offered or len(self._in_flight) >= _MAX_IN_FLIGHT):
            await self._changed.wait()
            self._changed.clear()
        if self.readyState != "live":
            raise MediaStreamError
        picture, _ = self._offered.take(time.monotonic())
        # The mark is collected when the encoder releases the frame; it gives no other signal.
        picture.opaque = mark = _Mark()
        self._in_flight.add(mark)
        weakref.finalize(mark, self._wake).atexit = False
        return picture

    def stop(self) -> None:
        """End the track."""
        super().stop()
        self._wake()

    def _wake(self) -> None:
        if self._reader is not None:
            # The loop may have been closed meanwhile.
            with contextlib.suppress(RuntimeError):
                self._reader.call_soon_threadsafe(self._changed.set)


class FrameQueue:
    """Waiting frames, oldest first; one thread adds, another takes."""

    def __init__(self) -> None:
        self._pictures: deque[tuple[av.VideoFrame, float]] = deque()
        self._skipped = 0

    def __len__(self) -> int:
        return len(self._pictures)

    def put(self, picture: av.VideoFrame, now_s: float) -> None:
        """Add a frame that arrived now."""
        if len(self._pictures) >= _MAX_QUEUED:
            self._skip()
        self._pictures.append((picture, now_s))

    def take(self, now_s: float) -> tuple[av.VideoFrame, int]:
        """Return the next frame, and how many were skipped before it. The queue must not be empty."""
        while len(self._pictures) > 1 and now_s - self._pictures[0][1] > _MAX_WAIT_S:
            self._skip()
        skipped, self._skipped = self._skipped, 0
        return self._pictures.popleft()[0], skipped

    def _skip(self) -> None:
        self._pictures.popleft()
        self._skipped += 1

    def clear(self) -> None:
        """Drop all frames."""
        self._pictures.clear()


class _Mark:
    """Attached to a frame to notice when the frame is released."""


class CameraStream:
    """Takes a camera's track and returns an analysed one; a sink in streamlit-webrtc's terms. Serves one connection.

    Args:
        open_stage: Creates the stage; called when the connection starts.
        clock: Monotonic time in seconds.

    Attributes:
        open_stage: Creates the stage.
        returned: The track to send back.
        stage: Processes the frames; None before the connection and after its end.
        error: Why the analysis failed, in one sentence; empty if it did not.
    """

    def __init__(self, open_stage: Callable[[], Stage], clock: Callable[[], float] = time.monotonic) -> None:
        self.returned = ReturnedTrack()
        self.stage: Stage | None = None
        self.error = ""
        self.open_stage, self._clock = open_stage, clock
        self._track: MediaStreamTrack | None = None
        self._receiver: asyncio.Task[None] | None = None
        self._thread: threading.Thread | None = None
        self._queue = _BlockingQueue(clock)
        self._last_s = clock()
        self._closed = False

    @property
    def is_open(self) -> bool:
        """Whether frames are being received."""
        return self._thread is not None and not self._closed

    @property
    def is_over(self) -> bool:
        """Whether it has ended; a new connection needs a new stream."""
        return self._closed

    @property
    def silent_s(self) -> float:
        """Seconds since the last frame."""
        return self._clock() - self._last_s

    def addTrack(self, track: MediaStreamTrack) -> None:  # noqa: N802 – streamlit-webrtc names it
        """Set the camera's track."""
        self._track = track

    def hasTrack(self) -> bool:  # noqa: N802 – streamlit-webrtc names it
        """Return whether the camera's track is set."""
        return self._track is not None

    def start(self) -> None:
        """Start receiving. Called on the event loop.

        Raises:
            LiveError: All places are taken.
        """
        if self._closed or self._thread is not None:
            return
        track = self._track
        assert track is not None
        self.stage = self.open_stage()
        self._last_s = self._clock()
        self._thread = threading.Thread(target=self._work, name="live-stream", daemon=True)
        self._thread.start()
        self._receiver = asyncio.get_running_loop().create_task(self._receive(track))

    def stop(self) -> None:
        """End the thread, close the stage and stop the returned track; repeated calls do nothing."""
        if self._closed:
            return
        self._closed = True
        self._queue.close()
        self.returned.stop()
        self._track = None

    async def _receive(self, track: MediaStreamTrack) -> None:
        try:
            while not self._closed:
                picture = await track.recv()
                self._last_s = self._clock()
                if isinstance(picture, av.VideoFrame):
                    self._queue.put(picture)
        except MediaStreamError:
            pass  # the camera's track has ended
        finally:
            self.stop()

    def _work(self) -> None:
        assert self.stage is not None
        try:
            while (taken := self._queue.take()) is not None:
                picture, skipped = taken
                self.returned.offer(self.stage.process(picture, skipped=skipped))
        except EmotionError as error:
            self.error = str(error)
        except Exception:
            _LOG.exception("the live analysis failed")
            self.error = "The analysis stopped because of a bug in the app. Its log has the details."
        finally:
            self.stop()
            self.stage.close()
            self.stage = None


class _BlockingQueue:
    """A :class:`FrameQueue` whose reader waits for the writer."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._changed = threading.Condition()
        self._clock = clock
        self._waiting = FrameQueue()
        self._closed = False

    def put(self, picture: av.VideoFrame) -> None:
        with self._changed:
            self._waiting.put(picture, self._clock())
            self._changed.notify()

    def take(self) -> tuple[av.VideoFrame, int] | None:
        """Wait for a frame; return it with the number skipped before it, or None once closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._waiting)
            return None if self._closed else self._waiting.take(self._clock())

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._waiting.clear()
            self._changed.notify()
