"""Locks outputs against other processes, so that two runs never write to the same files."""

from __future__ import annotations

import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path

from emotion.errors import EmotionError


@contextlib.contextmanager
def exclusive(lock: Path, refusal: EmotionError) -> Iterator[None]:
    """Hold a lock file; the system releases it when the process ends in whatever way.

    Args:
        lock: The file, in an existing folder.
        refusal: Raised if another process holds it.
    """
    with lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise refusal from None
        yield
