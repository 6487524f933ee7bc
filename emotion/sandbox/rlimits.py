"""Limits on memory and time for processes that read untrusted files, and messages for how such processes end."""

from __future__ import annotations

import contextlib
import math
import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from emotion import limits
from emotion.settings import read_settings

EXTERNAL_SIGNALS = frozenset({signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP})
"""Signals that come from people or the system; a crash raises others."""
LOW_MEMORY = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "4"}
"""Environment variables that keep numerics libraries and glibc from reserving memory for every core."""
_LONGEST_ALARM_S = 1e8


def limit_this_process() -> None:
    """Limit the memory of the calling process to ``EMOTION_MEMORY_MB`` and turn off core dumps.

    The limit is on writable memory (``RLIMIT_DATA``), not on address space: networks and numerics libraries reserve
    gigabytes that they never touch. Systems without such a limit ignore it.

    Raises:
        SettingsError: ``EMOTION_MEMORY_MB`` is not a number above 0.
    """
    memory = limits.memory_bytes()
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource  # noqa: PLC0415 – only Unix has it

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if memory < float("inf"):
            resource.setrlimit(resource.RLIMIT_DATA, (int(memory), int(memory)))


@dataclass(frozen=True, slots=True)
class StrictLimits:
    """Hard limits of a process that answers one call and writes no file.

    Attributes:
        processor_s: Processor time, s.
        address_bytes: Address space, bytes.
    """

    processor_s: float
    address_bytes: int

    def apply(self) -> None:
        """Set the limits for the calling process."""
        import resource  # noqa: PLC0415 – only Unix has it

        limits_by_kind = {
            resource.RLIMIT_CPU: math.ceil(self.processor_s),
            resource.RLIMIT_AS: self.address_bytes,
            resource.RLIMIT_FSIZE: 0,
            resource.RLIMIT_CORE: 0,
        }
        for kind, limit in limits_by_kind.items():
            _, ceiling = resource.getrlimit(kind)
            soft = limit if ceiling == resource.RLIM_INFINITY else min(limit, ceiling)
            resource.setrlimit(kind, (soft, ceiling))


def low_memory_environment() -> dict[str, str]:
    """Return this process's environment, extended by :data:`LOW_MEMORY`."""
    return os.environ | LOW_MEMORY


def describe_exit(status: int, reader: str = "its decoder") -> str:
    """Describe, as a clause, how a process ended that gave no answer.

    Args:
        status: Exit status as ``subprocess`` gives it; negative for a signal.
        reader: What read the file, as a noun phrase.
    """
    if status == -signal.SIGKILL:
        return "its process ended unexpectedly: it was killed, probably because memory ran out"
    if status == -signal.SIGALRM:
        return f"no frame arrived for {read_settings().stall_s:g} s"
    if status == -signal.SIGXCPU:
        return "it was stopped because it used too much processor time"
    if -status in EXTERNAL_SIGNALS or status >= 0:
        return "its process ended unexpectedly"
    return f"{reader} crashed ({signal.Signals(-status).name})"


@contextlib.contextmanager
def kill_after(seconds: float) -> Iterator[Callable[[], None]]:
    """Kill this process with SIGALRM unless the block ends, or calls the yielded function, within ``seconds``.

    It uses a signal, because no Python code runs while a decoder hangs. Use it on the main thread.

    Args:
        seconds: Time limit, s; infinity for none.
    """

    def rearm(wait_s: float = min(seconds, _LONGEST_ALARM_S)) -> None:
        signal.setitimer(signal.ITIMER_REAL, wait_s)

    rearm()
    try:
        yield rearm
    finally:
        rearm(0)
