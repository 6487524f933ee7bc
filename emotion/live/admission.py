"""Limits how many live sessions run at once; each holds a seat until it closes, is garbage-collected or goes idle."""

from __future__ import annotations

import os
import threading
import time
import weakref
from collections.abc import Callable

from emotion.errors import LiveError
from emotion.settings import read_settings

IDLE_S = 60.0
"""A session without a frame for this long loses its seat as soon as another visitor needs it, seconds."""
_SEATS_PER_CORE = 1.5
"""Analysing 640×480 takes about a third of a core; decoding and encoding the stream come on top."""


def visitors_at_once() -> int:
    """Return the maximum number of live sessions: ``EMOTION_LIVE_VISITORS``, or a default for the number of cores.

    Raises:
        SettingsError: The setting is not a whole number above 0.
    """
    return read_settings().live_visitors or max(1, round(_SEATS_PER_CORE * len(os.sched_getaffinity(0))))


class Seat:
    """A slot that one session holds."""

    def __init__(self, seats: Seats) -> None:
        self._seats = seats

    def refresh(self) -> None:
        """Mark the session as active.

        Raises:
            LiveError: The session was idle and its seat was given away.
        """
        self._seats._touch(self)

    def release(self) -> None:
        """Free the seat; further calls do nothing."""
        self._seats._free(self)


class Seats:
    """A limited number of seats, for any thread.

    Args:
        limit: Returns the number of seats; called for each request.
        clock: Returns monotonic time in seconds.
    """

    def __init__(
        self, limit: Callable[[], int] = visitors_at_once, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._limit, self._clock = limit, clock
        self._lock = threading.RLock()
        self._seen_s: dict[Seat, float] = {}

    @property
    def taken(self) -> int:
        """Number of seats taken."""
        with self._lock:
            return len(self._seen_s)

    @property
    def limit(self) -> int:
        """Number of seats."""
        return self._limit()

    def take(self, holder: object) -> Seat:
        """Return a seat, which is freed at the latest when ``holder`` is garbage-collected.

        Raises:
            LiveError: All seats are taken.
        """
        limit = self._limit()
        with self._lock:
            self._free_idle_seats(limit)
            if len(self._seen_s) >= limit:
                places = "the only place is" if limit == 1 else f"all {limit} places are"
                raise LiveError(f"Sorry, {places} taken at the moment; please try again in a few minutes.")
            seat = Seat(self)
            self._seen_s[seat] = self._clock()
        weakref.finalize(holder, self._free, seat)
        return seat

    def _free_idle_seats(self, limit: int) -> None:
        """Free seats of idle sessions, longest idle first, until one is free."""
        # Copied first, with the times: garbage collection may free a seat at any moment.
        silent = [(seen_s, seat) for seat, seen_s in list(self._seen_s.items()) if self._clock() - seen_s > IDLE_S]
        silent.sort(key=lambda pair: pair[0])
        for _, seat in silent[: max(0, len(self._seen_s) + 1 - limit)]:
            self._seen_s.pop(seat, None)

    def _touch(self, seat: Seat) -> None:
        with self._lock:
            if seat not in self._seen_s:
                raise LiveError("Your camera sent nothing for a while, so its place was released. Start again.")
            self._seen_s[seat] = self._clock()

    def _free(self, seat: Seat) -> None:
        with self._lock:
            self._seen_s.pop(seat, None)


SEATS = Seats()
"""The seats of this process."""
