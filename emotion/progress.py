"""Reports the progress of a long operation to a callback, which may raise to cancel it."""

from __future__ import annotations

import time
from collections.abc import Callable

from emotion.types import Progress

OnProgress = Callable[[Progress], None]
"""Called after every step; may raise :class:`emotion.errors.Cancelled`, which leaves no partial output."""


class ProgressReporter:
    """Counts steps and reports them to a callback.

    Args:
        total: Expected number of steps; more may come.
        listener: Called with each :class:`emotion.types.Progress`; None for no reports.
    """

    def __init__(self, total: int, listener: OnProgress | None = None) -> None:
        self._total, self._listener = total, listener
        self._done, self._started = 0, time.perf_counter()

    def advance(self, count: int = 1) -> None:
        """Count further finished steps and report them."""
        self._done += count
        if self._listener is not None:
            elapsed_s = time.perf_counter() - self._started
            self._listener(Progress(self._done, max(self._total, self._done), elapsed_s))
