"""Progress of a long operation, and its reports to a callback, which may raise to cancel it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Progress:
    """Progress of an analysis; ``total`` is an estimate."""

    done: int
    total: int
    elapsed_s: float

    @property
    def rate(self) -> float:
        """Frames per second so far."""
        return self.done / self.elapsed_s if self.elapsed_s > 0 else 0.0

    @property
    def share(self) -> float:
        """Share done, 0–1."""
        return min(self.done / self.total, 1.0) if self.total > 0 else 0.0

    @property
    def remaining_s(self) -> float:
        """Estimated time left, in seconds."""
        return max(self.total - self.done, 0) / self.rate if self.rate > 0 else float("nan")


OnProgress = Callable[[Progress], None]
"""Called after every step; may raise :class:`emotion.errors.Cancelled`, which leaves no partial output."""


class ProgressReporter:
    """Counts steps and reports them to a callback.

    Args:
        total: Expected number of steps; more may come.
        listener: Called with each :class:`Progress`; None for no reports.
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
