"""What is counted as it happens, in this process; workers count for nothing here, and tell by their exit status."""

from __future__ import annotations

import os
import signal

from prometheus_client import CollectorRegistry, Counter

from emotion.errors import EmotionError, InputError

REGISTRY = CollectorRegistry()
"""Of this process."""

ERRORS = Counter(
    "emotion_errors", "Exceptions that this process logged, from warnings on.", ["error"], registry=REGISTRY
)
WORKERS = Counter(
    "emotion_workers_ended", "Analyses' processes that this server started and that ended, by how.", ["how"],
    registry=REGISTRY,
)  # fmt: skip

_WORDS = {
    os.EX_OK: "done",
    os.EX_DATAERR: "input",
    os.EX_IOERR: "disk",
    os.EX_OSERR: "memory",
    os.EX_UNAVAILABLE: "unavailable",
    os.EX_SOFTWARE: "unexpected",
}


def exit_status(error: Exception) -> int:
    """Return with which of the exit statuses of ``sysexits.h`` a worker ends that was stopped by an exception."""
    if isinstance(error, InputError):
        return os.EX_DATAERR
    if isinstance(error, EmotionError):
        return os.EX_UNAVAILABLE
    if isinstance(error, MemoryError):
        return os.EX_OSERR
    return os.EX_IOERR if isinstance(error, OSError) else os.EX_SOFTWARE


def ending(status: int) -> str:
    """Return an exit status in a word: what stopped the worker, or the name of the signal that killed it."""
    if status < 0:
        return signal.Signals(-status).name
    return _WORDS.get(status, "unexpected")
