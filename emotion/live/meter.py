"""Frame rates, processing times and load of a live session; the caller passes the time."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

WINDOW_S = 5.0
"""Period that the figures cover, seconds."""


@dataclass(frozen=True, slots=True)
class Figures:
    """Figures of a session; see :class:`emotion.live.snapshot.Load`."""

    in_fps: float
    analysed_fps: float
    out_fps: float
    median_ms: float
    p95_ms: float
    dropped: int


@dataclass(frozen=True, slots=True)
class ThreadLoad:
    """Load of a session's thread over a period.

    Attributes:
        busy: Share of the time spent on frames, 0–1.
        dropped: Share of frames skipped for newer ones, 0–1.
        pictures: Number of frames processed.
    """

    busy: float
    dropped: float
    pictures: int


@dataclass(frozen=True, slots=True)
class _Picture:
    time_s: float
    ms: float
    analysed: bool
    skipped: int


class Meter:
    """Counts the frames of one session.

    Args:
        start_s: The time now.
    """

    def __init__(self, start_s: float) -> None:
        self._start_s = start_s
        self._pictures: deque[_Picture] = deque()
        self._dropped = 0

    def add(self, now_s: float, ms: float, *, analysed: bool, skipped: int = 0) -> None:
        """Count one frame.

        Args:
            now_s: When it was finished, seconds; never earlier than the previous one.
            ms: Time in the server, ms.
            analysed: Whether faces were detected or tracked in it.
            skipped: Number of older frames skipped for it.
        """
        self._pictures.append(_Picture(now_s, ms, analysed, skipped))
        self._dropped += skipped
        while now_s - self._pictures[0].time_s >= WINDOW_S:
            self._pictures.popleft()

    def figures(self, now_s: float) -> Figures:
        """Return the figures of the last :data:`WINDOW_S`."""
        lately = self._recent_pictures(now_s, WINDOW_S)
        seconds = self._seconds(now_s, WINDOW_S)
        # A frame that was not analysed takes no time, and under load these are most of them.
        times = [picture.ms for picture in lately if picture.analysed]
        median, p95 = np.percentile(times, [50, 95]) if times else (np.nan, np.nan)
        out = len(lately)
        return Figures(
            in_fps=(out + sum(picture.skipped for picture in lately)) / seconds,
            analysed_fps=sum(picture.analysed for picture in lately) / seconds,
            out_fps=out / seconds,
            median_ms=float(median),
            p95_ms=float(p95),
            dropped=self._dropped,
        )

    def thread_load(self, now_s: float, window_s: float) -> ThreadLoad:
        """Return the load of the last ``window_s`` seconds."""
        lately = self._recent_pictures(now_s, window_s)
        skipped = sum(picture.skipped for picture in lately)
        busy = sum(picture.ms for picture in lately) / 1000 / self._seconds(now_s, window_s)
        return ThreadLoad(min(busy, 1.0), skipped / max(skipped + len(lately), 1), len(lately))

    def _recent_pictures(self, now_s: float, window_s: float) -> list[_Picture]:
        return [picture for picture in self._pictures if now_s - picture.time_s < window_s]

    def _seconds(self, now_s: float, window_s: float) -> float:
        """Return the length of a window since the session began, at least 1 ms (it is a divisor)."""
        return max(min(window_s, now_s - self._start_s), 1e-3)
