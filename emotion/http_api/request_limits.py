"""Limits the simultaneous requests, streams and bytes of one owner, and of all owners together."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from emotion.http_api.problems import Problem
from emotion.limits import MEGA, max_upload_mb

REQUESTS, STREAMS = 32, 16
"""Requests with a body, and open streams of events, of one owner at once."""
REQUESTS_TOGETHER = 128
PER_OWNER, TOGETHER = 2, 8
"""Uploads of the largest size that one owner, and all owners together, may have in transfer."""


class RequestLimits:
    """Counts requests, streams and bytes by owner. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: Counter[str] = Counter()
        self._streams: Counter[str] = Counter()
        self._bytes: Counter[str] = Counter()

    def request(self, owner: str) -> AbstractContextManager[None]:
        """Count one request with a body.

        Raises:
            Problem: There are too many already (status 429).
        """
        return self._counting(self._requests, owner, REQUESTS)

    def stream(self, owner: str) -> AbstractContextManager[None]:
        """Count one stream of events.

        Raises:
            Problem: There are too many already (status 429).
        """
        return self._counting(self._streams, owner, STREAMS)

    def take_bytes(self, owner: str, size: int) -> None:
        """Count received bytes of a body; a negative size releases them.

        Raises:
            Problem: Too many bytes are in transfer (status 429).
        """
        largest = max_upload_mb() * MEGA
        with self._lock:
            self._bytes[owner] += size
            if self._bytes[owner] <= 0:
                del self._bytes[owner]
            is_too_much = self._bytes[owner] > PER_OWNER * largest or self._bytes.total() > TOGETHER * largest
        if size > 0 and is_too_much:
            raise Problem.too_many("too many uploads are in transfer")

    @contextmanager
    def _counting(self, counts: Counter[str], owner: str, most: int) -> Iterator[None]:
        with self._lock:
            if counts[owner] >= most or counts.total() >= REQUESTS_TOGETHER:
                raise Problem.too_many("too many requests are open at once")
            counts[owner] += 1
        try:
            yield
        finally:
            with self._lock:
                counts[owner] -= 1
                if not counts[owner]:
                    del counts[owner]
