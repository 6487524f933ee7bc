"""Cost of the optional stages: time per frame of a clip with and without them."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np

from emotion.engine.analyzer import Analyzer

ROUNDS, SECONDS = 10, 4.0
"""Number of rounds, and length of the part of the clip that each run analyses, s."""
SWITCHES = {"neither": (False, False), "movements": (False, True), "eyes": (True, False), "both": (True, True)}
"""Name → whether eyes, and movements, are measured."""


def measure_speed(clip: Path) -> dict[str, Any]:
    """Return the CPU time per frame, ms, for each of :data:`SWITCHES`, and ``ratio``.

    Every round runs all switches, in turn forwards and backwards, because the machine's speed drifts. Times are medians
    over rounds. ``ratio`` is the rate with everything on relative to that with nothing on, in frames per CPU second
    (median of the rounds). CPU time is used because other programs change it less than wall time.
    """
    analyzers = {name: Analyzer(eyes=eyes, movements=moves) for name, (eyes, moves) in SWITCHES.items()}
    spent: dict[str, list[float]] = {name: [] for name in SWITCHES}
    for turn in range(ROUNDS):
        for name in list(SWITCHES)[:: 1 if turn % 2 == 0 else -1]:
            spent[name].append(_ms_per_frame(analyzers[name], clip))
    medians = {f"{name}_ms": float(np.median(times)) for name, times in spent.items()}
    return medians | {"ratio": float(np.median(np.divide(spent["neither"], spent["both"])))}


def _ms_per_frame(analyzer: Analyzer, clip: Path) -> float:
    started = time.process_time()
    count = sum(1 for _ in analyzer.frames(clip, end_s=SECONDS))
    return 1000 * (time.process_time() - started) / count
