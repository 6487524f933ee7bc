"""How many visitors may be analysed at once: a seat each, freed when its session closes, is let go of, or is silent."""

from __future__ import annotations

import os
import threading
import time
import weakref
from collections.abc import Callable

from emotion.errors import LiveError
from emotion.settings import read_settings

IDLE_S = 60.0
"""A session that took no picture for so long gives its seat up when somebody else wants it."""
_SEATS_PER_CORE = 1.5
"""A visitor at 640×480 keeps about a third of a core busy, and the browser's pictures are decoded and encoded too."""


def visitors_at_once() -> int:
    """Return how many visitors may be analysed at once: ``EMOTION_LIVE_VISITORS``, or by the number of cores.

    Raises:
        SettingsError: The setting is not a whole number above 0.
    """
    return read_settings().live_visitors or max(1, round(_SEATS_PER_CORE * len(os.sched_getaffinity(0))))


class Seat:
    """The right of one session to be analysed."""

    def __init__(self, seats: Seats) -> None:
        self._seats = seats

    def keep(self) -> None:
        """Say that the session still lives.

        Raises:
            LiveError: The seat was given to somebody else in the meantime.
        """
        self._seats._touch(self)

    def leave(self) -> None:
        """Free the seat; once more does nothing."""
        self._seats._free(self)


class Seats:
    """A number of seats.

    Args:
        limit: Tells how many there are, whenever somebody wants one.
        clock: Tells the time in seconds.
    """

    def __init__(
        self, limit: Callable[[], int] = visitors_at_once, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._limit, self._clock = limit, clock
        self._lock = threading.RLock()
        self._seen_s: dict[Seat, float] = {}

    @property
    def taken(self) -> int:
        """How many are taken."""
        with self._lock:
            return len(self._seen_s)

    @property
    def limit(self) -> int:
        """How many there are."""
        return self._limit()

    def take(self, holder: object) -> Seat:
        """Return a seat that is freed at the latest when ``holder`` is gone.

        Raises:
            LiveError: All are taken.
        """
        limit = self._limit()
        with self._lock:
            self._make_room(limit)
            if len(self._seen_s) >= limit:
                places = "the only place is" if limit == 1 else f"all {limit} places are"
                raise LiveError(f"Sorry, {places} taken at the moment; please try again in a few minutes.")
            seat = Seat(self)
            self._seen_s[seat] = self._clock()
        weakref.finalize(holder, self._free, seat)
        return seat

    def _make_room(self, limit: int) -> None:
        """Free the seats of those that were silent for too long, the longest first, as far as it takes."""
        # Listed first: a holder that is cleared away in between frees its seat in the middle of this.
        silent = [seat for seat, seen_s in list(self._seen_s.items()) if self._clock() - seen_s > IDLE_S]
        for seat in sorted(silent, key=lambda seat: self._seen_s[seat])[: max(0, len(self._seen_s) + 1 - limit)]:
            del self._seen_s[seat]

    def _touch(self, seat: Seat) -> None:
        with self._lock:
            if seat not in self._seen_s:
                raise LiveError("Your place was given to somebody else, as no picture came for a while; start again.")
            self._seen_s[seat] = self._clock()

    def _free(self, seat: Seat) -> None:
        with self._lock:
            self._seen_s.pop(seat, None)


SEATS = Seats()
"""Those of this process."""
