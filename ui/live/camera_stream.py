"""The line of one visitor: pictures come from the camera, the newest one is analysed, and that very one goes back.

Streamlit-webrtc's own processing hands on every picture at the camera's pace, repeats the last answer where there is no
new one, shows the bare picture until there is a first, and queues what the encoder has not taken yet. Here nothing
queues: a picture that waits gives way to a newer one, before it is analysed and before it is encoded. Only pictures
that come in one go, as they do where the network or another program held them up, are all taken if that is soon done.
What goes back was analysed, all of it.
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
"""So many returned pictures may be under way: one that the encoder works on, and the next."""
_MAX_WAIT_S = 0.025
"""For so long a picture may wait although a newer one is there; less than the time between two of a camera."""
_MAX_QUEUED = 6
"""So many may wait at most."""


class Stage(Protocol):
    """What is done with the pictures of a line."""

    def process(self, picture: av.VideoFrame, /, *, skipped: int) -> av.VideoFrame:
        """Return the picture to send back; called on the line's own thread."""

    def close(self) -> None:
        """End; called once, on the line's own thread if that runs."""


class ReturnedTrack(MediaStreamTrack):
    """The track that goes back to the browser: the newest picture that was offered, as soon as the encoder is free."""

    kind = "video"

    def __init__(self) -> None:
        super().__init__()
        self._reader: asyncio.AbstractEventLoop | None = None
        self._news = asyncio.Event()
        self._offered = FrameQueue()
        self._under_way: weakref.WeakSet[_Mark] = weakref.WeakSet()

    def offer(self, picture: av.VideoFrame) -> None:
        """Take a picture to send. May be called from any thread."""
        self._offered.put(picture, time.monotonic())
        self._wake()

    async def recv(self) -> av.VideoFrame:
        """Return the next picture.

        Raises:
            MediaStreamError: The track has ended.
        """
        self._reader = asyncio.get_running_loop()
        while self.readyState == "live" and (not self._offered or len(self._under_way) >= _MAX_IN_FLIGHT):
            await self._news.wait()
            self._news.clear()
        if self.readyState != "live":
            raise MediaStreamError
        picture, _ = self._offered.take(time.monotonic())
        # The mark goes when the encoder lets go of the picture; nothing else tells how far it is.
        picture.opaque = mark = _Mark()
        self._under_way.add(mark)
        weakref.finalize(mark, self._wake).atexit = False
        return picture

    def stop(self) -> None:
        """End the track."""
        super().stop()
        self._wake()

    def _wake(self) -> None:
        if self._reader is not None:
            # A loop that was closed meanwhile waits for nothing.
            with contextlib.suppress(RuntimeError):
                self._reader.call_soon_threadsafe(self._news.set)


class FrameQueue:
    """Pictures that wait, the oldest first; one thread puts them in, one takes them out."""

    def __init__(self) -> None:
        self._pictures: deque[tuple[av.VideoFrame, float]] = deque()
        self._skipped = 0

    def __len__(self) -> int:
        return len(self._pictures)

    def put(self, picture: av.VideoFrame, now_s: float) -> None:
        """Add a picture that came now."""
        if len(self._pictures) >= _MAX_QUEUED:
            self._skip()
        self._pictures.append((picture, now_s))

    def take(self, now_s: float) -> tuple[av.VideoFrame, int]:
        """Return the next picture, and how many were left out since the last one. There must be one."""
        while len(self._pictures) > 1 and now_s - self._pictures[0][1] > _MAX_WAIT_S:
            self._skip()
        skipped, self._skipped = self._skipped, 0
        return self._pictures.popleft()[0], skipped

    def _skip(self) -> None:
        self._pictures.popleft()
        self._skipped += 1

    def clear(self) -> None:
        """Forget them."""
        self._pictures.clear()


class _Mark:
    """Lives as long as the picture that it is tied to."""


class CameraStream:
    """Takes a camera's track in and gives :attr:`returned`; what streamlit-webrtc calls a sink. Serves one connection.

    Args:
        open_stage: Makes what the pictures go through; called when the connection is made.
        clock: Tells the time in seconds.

    Attributes:
        open_stage: See above.
        returned: The track to send back.
        stage: What the pictures go through; None before the connection and after its end.
        error: Why the analysis broke off, in one sentence for people; empty if it did not.
    """

    def __init__(self, open_stage: Callable[[], Stage], clock: Callable[[], float] = time.monotonic) -> None:
        self.returned = ReturnedTrack()
        self.stage: Stage | None = None
        self.error = ""
        self.open_stage, self._clock = open_stage, clock
        self._track: MediaStreamTrack | None = None
        self._taking: asyncio.Task[None] | None = None
        self._thread: threading.Thread | None = None
        self._queue = _BlockingQueue(clock)
        self._last_s = clock()
        self._closed = False

    @property
    def is_open(self) -> bool:
        """Whether pictures are being taken in."""
        return self._thread is not None and not self._closed

    @property
    def is_over(self) -> bool:
        """Whether it has ended; a new connection needs a new line."""
        return self._closed

    @property
    def silent_s(self) -> float:
        """For how long no picture has come, in seconds."""
        return self._clock() - self._last_s

    def addTrack(self, track: MediaStreamTrack) -> None:  # noqa: N802 – streamlit-webrtc names it
        """Take the camera's track."""
        self._track = track

    def hasTrack(self) -> bool:  # noqa: N802 – streamlit-webrtc names it
        """Return whether it has been given."""
        return self._track is not None

    def start(self) -> None:
        """Begin. Called on the event loop.

        Raises:
            LiveError: There is no place for one more.
        """
        if self._closed or self._thread is not None:
            return
        self.stage = self.open_stage()
        self._last_s = self._clock()
        self._thread = threading.Thread(target=self._work, name="live-stream", daemon=True)
        self._thread.start()
        self._taking = asyncio.get_running_loop().create_task(self._take())

    def stop(self) -> None:
        """End: the thread finishes, the stage is closed, the returned track stops. Once more does nothing."""
        if self._closed:
            return
        self._closed = True
        self._queue.close()
        self.returned.stop()
        self._track = None

    async def _take(self) -> None:
        assert self._track is not None
        try:
            while not self._closed:
                picture = await self._track.recv()
                self._last_s = self._clock()
                if isinstance(picture, av.VideoFrame):
                    self._queue.put(picture)
        except MediaStreamError:
            pass  # The camera's track has ended.
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
            _LOG.exception("the analysis of a live picture broke off")
            self.error = "The analysis broke off because of a fault in the app; its log tells more."
        finally:
            self.stop()
            self.stage.close()
            self.stage = None


class _BlockingQueue:
    """Lets one thread wait for the pictures that another one brings."""

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
        """Wait for a picture; return it with how many were left out for it, or None once closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._waiting)
            return None if self._closed else self._waiting.take(self._clock())

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._waiting.clear()
            self._changed.notify()
