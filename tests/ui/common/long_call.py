"""A call that lasts until a second run of the page has begun."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

WAIT_S = 20


class LongCall:
    """A call that does not return before it is allowed to."""

    def __init__(self) -> None:
        self.entered, self.allowed, self.count = threading.Event(), threading.Event(), 0

    def __call__(self) -> None:
        self.count += 1
        self.entered.set()
        assert self.allowed.wait(WAIT_S)

    def overlapped(self, first: Callable[[], object], second: Callable[[], object]) -> None:
        """Begin the first run, and begin the second while the first is inside this call; raise what they raise."""
        with ThreadPoolExecutor(2) as pool:
            earlier = pool.submit(first)
            assert self.entered.wait(WAIT_S)
            later = pool.submit(second)
            # Time for the later run to begin the same work, which it must not.
            threading.Event().wait(0.2)
            self.allowed.set()
            earlier.result(WAIT_S)
            later.result(WAIT_S)
