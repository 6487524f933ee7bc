"""The line of one visitor: pictures come from the camera, the newest one is analysed, and that very one goes back.

Streamlit-webrtc's own processing hands on every picture at the camera's pace, repeats the last answer where there is no
new one, shows the bare picture until there is a first, and queues what the encoder has not taken yet. Here nothing
queues: a picture that comes while another one is analysed takes the place of the one that waits, and an analysed one
that the encoder has no time for gives way to the next. What goes back was analysed, all of it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
import time
import weakref
from collections.abc import Callable
from typing import Protocol

import av
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack

from emotion.errors import EmotionError

_LOG = logging.getLogger(__name__)
_AHEAD = 2
"""So many returned pictures may be under way: one that the encoder works on, and the next."""


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
        self._loop: asyncio.AbstractEventLoop | None = None
        self._news = asyncio.Event()
        self._newest: av.VideoFrame | None = None
        self._under_way: weakref.WeakSet[_Mark] = weakref.WeakSet()

    def offer(self, picture: av.VideoFrame) -> None:
        """Take a picture to send; it replaces one that still waits. May be called from any thread."""
        self._newest = picture
        self._wake()

    async def recv(self) -> av.VideoFrame:
        """Return the next picture.

        Raises:
            MediaStreamError: The track has ended.
        """
        self._loop = asyncio.get_running_loop()
        while self._newest is None or len(self._under_way) >= _AHEAD:
            if self.readyState != "live":
                raise MediaStreamError
            await self._news.wait()
            self._news.clear()
        picture, self._newest = self._newest, None
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
        if self._loop is not None:
            # A loop that was closed meanwhile waits for nothing.
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._news.set)


class _Mark:
    """Lives as long as the picture that it is tied to."""


class Line:
    """Takes a camera's track in and gives :attr:`returned`; what streamlit-webrtc calls a sink. Serves one connection.

    Args:
        open_stage: Makes what the pictures go through; called when the connection is made.
        clock: Tells the time in seconds.

    Attributes:
        open_stage: See above.
        returned: The track to send back.
        stage: What the pictures go through; None before the connection and after its end.
        trouble: Why the analysis broke off, in one sentence for people; empty if it did not.
    """

    def __init__(self, open_stage: Callable[[], Stage], clock: Callable[[], float] = time.monotonic) -> None:
        self.returned = ReturnedTrack()
        self.stage: Stage | None = None
        self.trouble = ""
        self.open_stage, self._clock = open_stage, clock
        self._track: MediaStreamTrack | None = None
        self._taking: asyncio.Task[None] | None = None
        self._thread: threading.Thread | None = None
        self._waiting = _Newest()
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
        self._thread = threading.Thread(target=self._work, name="live-line", daemon=True)
        self._thread.start()
        self._taking = asyncio.get_running_loop().create_task(self._take())

    def stop(self) -> None:
        """End: the thread finishes, the stage is closed, the returned track stops. Once more does nothing."""
        if self._closed:
            return
        self._closed = True
        self._waiting.close()
        self.returned.stop()
        self._track = None

    async def _take(self) -> None:
        assert self._track is not None
        try:
            while not self._closed:
                picture = await self._track.recv()
                self._last_s = self._clock()
                if isinstance(picture, av.VideoFrame):
                    self._waiting.put(picture)
        except MediaStreamError:
            pass  # The camera's track has ended.
        finally:
            self.stop()

    def _work(self) -> None:
        assert self.stage is not None
        try:
            while (taken := self._waiting.take()) is not None:
                picture, skipped = taken
                self.returned.offer(self.stage.process(picture, skipped=skipped))
        except EmotionError as error:
            self.trouble = str(error)
        except Exception:
            _LOG.exception("the analysis of a live picture broke off")
            self.trouble = "The analysis broke off because of a fault in the app; its log tells more."
        finally:
            self.stop()
            stage, self.stage = self.stage, None
            stage.close()


class _Newest:
    """Room for one picture; a newer one takes the place of the one that waits."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._picture: av.VideoFrame | None = None
        self._skipped = 0
        self._closed = False

    def put(self, picture: av.VideoFrame) -> None:
        with self._changed:
            self._skipped += self._picture is not None
            self._picture = picture
            self._changed.notify()

    def take(self) -> tuple[av.VideoFrame, int] | None:
        """Wait for a picture; return it with how many it replaced, or None once closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._picture is not None)
            if self._closed or self._picture is None:
                return None
            picture, skipped = self._picture, self._skipped
            self._picture, self._skipped = None, 0
            return picture, skipped

    def close(self) -> None:
        with self._changed:
            self._closed, self._picture = True, None
            self._changed.notify()
