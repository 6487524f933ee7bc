"""How far a long action is, told step by step; the listener may raise to stop it."""

from __future__ import annotations

import time
from collections.abc import Callable

from emotion.types import Progress

OnProgress = Callable[[Progress], None]
"""Takes every step; may raise :class:`emotion.errors.Cancelled`, after which nothing is left behind."""


class Steps:
    """Counts steps and tells a listener.

    Args:
        total: Expected number of steps; more may come.
        listener: Told of each; None for nobody.
    """

    def __init__(self, total: int, listener: OnProgress | None = None) -> None:
        self._total, self._listener = total, listener
        self._done, self._started = 0, time.perf_counter()

    def advance(self, count: int = 1) -> None:
        """Say that so many steps more are done."""
        self._done += count
        if self._listener is not None:
            elapsed_s = time.perf_counter() - self._started
            self._listener(Progress(self._done, max(self._total, self._done), elapsed_s))
