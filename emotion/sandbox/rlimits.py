"""What a process that reads somebody's files limits itself to, and words for how such a process ended."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable, Iterator

from emotion import limits
from emotion.settings import read_settings

FROM_OUTSIDE = frozenset({signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP})
"""Signals that come from people or the system, and not of what a process does itself."""
_LONGEST_ALARM_S = 1e8


def limit_this_process() -> None:
    """Keep the process that calls this from taking more memory than the settings allow, and from writing its core.

    What counts is what it may write to (``RLIMIT_DATA``), not the addresses that it has reserved: networks and
    numerics reserve gigabytes that they never touch. Where the system has no such limit, there is none.

    Raises:
        SettingsError: The setting is no number.
    """
    memory = limits.memory_bytes()
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource  # noqa: PLC0415 – Unix alone has it

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if memory < float("inf"):
            resource.setrlimit(resource.RLIMIT_DATA, (int(memory), int(memory)))


def small_numerics() -> dict[str, str]:
    """Return the environment of a limited process: numerics reserve memory for every core of the machine."""
    return os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "4"}


def death_words(status: int) -> str:
    """Return in words how a process ended that said nothing, as a clause.

    Args:
        status: As ``subprocess`` gives it: the number of a signal below 0, else what the process returned.
    """
    if status == -signal.SIGKILL:
        return "its process ended unexpectedly: it was killed, as happens on a machine that runs out of memory"
    if status == -signal.SIGALRM:
        return f"no picture came for {read_settings().stall_s:g} s"
    if -status in FROM_OUTSIDE or status >= 0:
        return "its process ended unexpectedly"
    return f"its decoder crashed ({signal.Signals(-status).name})"


@contextlib.contextmanager
def alarm_of(seconds: float) -> Iterator[Callable[[], None]]:
    """End this process if the block neither ends nor calls what it is given for so long; on the main thread.

    The system does so, as a decoder that never comes back lets no Python run.

    Args:
        seconds: How long; infinity for no alarm.
    """

    def rearm(wait_s: float = min(seconds, _LONGEST_ALARM_S)) -> None:
        signal.setitimer(signal.ITIMER_REAL, wait_s)

    rearm()
    try:
        yield rearm
    finally:
        rearm(0)
