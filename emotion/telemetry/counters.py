"""Prometheus counters of this process; workers report through their exit status."""

from __future__ import annotations

import os
import signal

from prometheus_client import CollectorRegistry, Counter

from emotion.errors import EmotionError, InputError

REGISTRY = CollectorRegistry()

ERRORS = Counter(
    "emotion_errors", "Exceptions that this process logged, from warnings on.", ["error"], registry=REGISTRY
)
WORKERS = Counter(
    "emotion_workers_ended", "Workers of this server that ended, by reason.", ["how"],
    registry=REGISTRY,
)  # fmt: skip

_REASONS = {
    os.EX_OK: "done",
    os.EX_DATAERR: "input",
    os.EX_IOERR: "disk",
    os.EX_OSERR: "memory",
    os.EX_UNAVAILABLE: "unavailable",
    os.EX_SOFTWARE: "unexpected",
}


def exit_status(error: Exception) -> int:
    """Return the exit status (``sysexits.h``) of a worker that an exception stopped."""
    if isinstance(error, InputError):
        return os.EX_DATAERR
    if isinstance(error, EmotionError):
        return os.EX_UNAVAILABLE
    if isinstance(error, MemoryError):
        return os.EX_OSERR
    return os.EX_IOERR if isinstance(error, OSError) else os.EX_SOFTWARE


def ending(status: int) -> str:
    """Return the reason for an exit status: a word, or the name of the signal that killed the worker."""
    if status < 0:
        return signal.Signals(-status).name
    return _REASONS.get(status, "unexpected")
