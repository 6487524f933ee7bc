"""One visitor's stream: a picture goes in, the same picture with what was found in it comes back."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

import av
import numpy as np

from emotion.library import LOCAL, Library
from emotion.live.seats import Seats
from emotion.live.settings import LiveSettings
from emotion.live.snapshot import Load, Snapshot
from emotion.types import Image
from emotion.vision.pipeline import Analyzer

Picture = TypeVar("Picture", av.VideoFrame, Image)


class LiveSession:
    """Analyses one visitor's pictures as they come; every method may be called from any thread.

    Args:
        analyzer: Model and detector; one for all sessions of a process.
        settings: How the returned picture looks.
        seats: Where to take a seat; none is taken if None.
        clock: Tells the time in seconds, for load figures and where a picture has no time.

    Raises:
        LiveError: All seats are taken.
    """

    def __init__(
        self,
        analyzer: Analyzer,
        settings: LiveSettings | None = None,
        *,
        seats: Seats | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.settings = settings or LiveSettings()
        self._analyzer, self._clock = analyzer, clock
        self._lock = threading.Lock()
        self._seat = None if seats is None else seats.take(self)
        self._held = self._closed = False

    def warm(self) -> None:
        """Run every model once, so that the first picture does not wait for it."""
        self._analyzer.image(np.zeros((64, 64, 3), np.uint8))

    def process(self, picture: Picture, time_s: float | None = None, *, skipped: int = 0) -> Picture:
        """Analyse a picture and return the one to show, of the same kind, size, timestamp and time base.

        Args:
            picture: A decoded ``av.VideoFrame`` (4:2:0 as WebRTC gives it is fastest), or ``(H, W, 3)`` uint8 RGB. It
                stays as it is.
            time_s: Its time in seconds; None for the frame's own timestamp. It may jump.
            skipped: How many pictures came since the last one and were left out for this newer one.

        Raises:
            LiveError: The session is closed, or its seat was given to somebody else.
        """
        del time_s, skipped
        return picture

    def snapshot(self) -> Snapshot:
        """Return how things stand; cheap."""
        nothing = float("nan")
        load = Load(0.0, 0.0, 0.0, nothing, nothing, 0, 0, "full quality")
        labels, limit = self._analyzer.labels, self._analyzer.unclear_below
        return Snapshot(0.0, labels, limit, None, (), load, self._held, None, None, self._closed)

    def hold(self) -> None:
        """Let values stand still and record nothing; the picture goes on."""
        self._held = True

    def resume(self) -> None:
        """Go on after :meth:`hold`."""
        self._held = False

    def take_baseline(self, seconds: float = 3.0) -> None:
        """Take what each person shows during the next seconds as their neutral; what was taken before goes."""

    def clear_baseline(self) -> None:
        """Forget the baselines, and stop one that is being taken."""

    def record(self, library: Library, title: str, *, owner: str = LOCAL, record_clip: bool = False) -> str:
        """Begin to write the timeline to the library, and return the id of its analysis there.

        Args:
            library: Where to.
            title: For people.
            owner: Whose it is.
            record_clip: Whether the pictures are kept as well, as a video that the full pipeline analyses afterwards.

        Raises:
            LiveError: It is being recorded already, or the session is closed.
            LibraryError: The library does not answer.
        """
        raise NotImplementedError

    def stop_recording(self) -> str | None:
        """End the recording and return the id of its analysis in the library; None if nothing was being recorded."""
        return None

    def close(self) -> None:
        """End the recording, free the seat and let go of everything; once more does nothing."""
        self._closed = True
        if self._seat is not None:
            self._seat.leave()
