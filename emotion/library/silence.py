"""Who has fallen silent, told by the patience of whoever listens and by nobody's clock.

A sign of life is a moment, written down anew again and again by whoever lives. How long ago it is says nothing: another
machine's clock wrote it, or this one's before it was set. That it stays the same while somebody listens does.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Generic, TypeVar

K = TypeVar("K")


class Silence(Generic[K]):
    """Listens to signs of life.

    Args:
        clock: Seconds that only ever grow, and as fast as time passes.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._heard: dict[K, tuple[object, float]] = {}

    def listen(self, signs: Mapping[K, object]) -> dict[K, float]:
        """Return for how many seconds each has given the same sign; 0 for whoever was not heard before.

        Args:
            signs: Who → the present sign. Whoever is not among them is forgotten.
        """
        moment, before = self._clock(), self._heard
        self._heard = {
            who: before[who] if who in before and before[who][0] == sign else (sign, moment)
            for who, sign in signs.items()
        }
        return {who: moment - since for who, (_, since) in self._heard.items()}
