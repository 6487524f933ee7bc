"""Folders for visitors' files, below one root per server process.

A process keeps its root locked while it runs. The root of a killed process is unlocked, and is removed by the next
server that starts, or within a minute by one that is running.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
import threading
from pathlib import Path
from typing import IO

_PREFIX = f"expression-visits-{os.getuid()}-"
_LOCK = "lock"
_guard = threading.Lock()
_mine: tempfile.TemporaryDirectory[str] | None = None
_lock_file: IO[str] | None = None


def visit_folder() -> tempfile.TemporaryDirectory[str]:
    """Return a new folder; it is deleted on cleanup, on garbage collection, or after its process has ended."""
    return tempfile.TemporaryDirectory(dir=_root(), ignore_cleanup_errors=True)


def _root() -> str:
    """Return this process's root; create and lock it on first use."""
    global _mine, _lock_file  # noqa: PLW0603
    with _guard:
        if _mine is None or not Path(_mine.name).is_dir():
            _mine = tempfile.TemporaryDirectory(prefix=_PREFIX, ignore_cleanup_errors=True)
            _lock_file = (Path(_mine.name) / _LOCK).open("w")
            fcntl.flock(_lock_file, fcntl.LOCK_EX)
        return _mine.name


def remove_left_behind() -> list[Path]:
    """Delete the roots of processes that have ended, and return them.

    The kernel releases a process's locks however it ends, so a root that can be locked has no owner. A root that is
    being created has no lock file yet and is left alone.
    """
    return [root for root in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*") if _remove_if_dead(root)]


def _remove_if_dead(root: Path) -> bool:
    if root.is_symlink() or not root.is_dir() or root.stat().st_uid != os.getuid():
        return False
    with contextlib.suppress(OSError), (root / _LOCK).open("r+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(root, ignore_errors=True)
        return True
    return False
