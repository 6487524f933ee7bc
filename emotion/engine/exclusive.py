"""Locks outputs against other processes, so that two runs never write to the same files."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from emotion.errors import EmotionError


@contextlib.contextmanager
def exclusive(lock: Path, refusal: EmotionError) -> Iterator[None]:
    """Hold a lock file, and delete it afterwards. If the process is killed, the system releases the lock.

    Args:
        lock: The file, in an existing folder.
        refusal: Raised if another process holds it.
    """
    with _locked(lock, refusal):
        try:
            yield
        finally:
            lock.unlink(missing_ok=True)


def _locked(lock: Path, refusal: EmotionError) -> IO[str]:
    while True:
        file = lock.open("w")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            raise refusal from None
        # The last holder may have deleted the file after it was opened here; another process would then lock a new one.
        if _is_at(lock, file):
            return file
        file.close()


def _is_at(path: Path, file: IO[str]) -> bool:
    """Return whether a path still leads to an open file."""
    try:
        return os.path.samestat(path.stat(), os.fstat(file.fileno()))
    except FileNotFoundError:
        return False
