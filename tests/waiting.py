"""Waits for what another thread or process does."""

from __future__ import annotations

import time
from collections.abc import Callable


def until(is_so: Callable[[], object], what: str = "the condition to hold", seconds: float = 240) -> None:
    """Wait until a condition holds; fail after some time, long enough for a busy machine."""
    end_s = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end_s, f"expected {what} within {seconds:g} s"
        time.sleep(0.05)
