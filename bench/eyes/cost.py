"""Cost of the optional stages: multiply–adds per face, and time per frame of a clip with and without them."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from emotion.engine.analyzer import Analyzer
from emotion.engine.stage_costs import stage_costs

REPEATS = 3
SWITCHES = {"neither": (False, False), "movements": (False, True), "eyes": (True, False), "both": (True, True)}
"""Name → whether eyes, and movements, are measured."""


def measure_cost() -> dict[str, int | None]:
    """Return the multiply–adds per face of each stage."""
    return dict(stage_costs())


def measure_speed(clip: Path) -> dict[str, Any]:
    """Return the processor time per frame, ms, for each of :data:`SWITCHES`: the minimum of several interleaved runs.

    Other programs on the machine hardly change processor time. ``ratio`` is the number of frames per processor second
    with everything on over that with nothing on.
    """
    analyzers = {name: Analyzer(eyes=eyes, movements=moves) for name, (eyes, moves) in SWITCHES.items()}
    spent: dict[str, list[float]] = {name: [] for name in SWITCHES}
    for _ in range(REPEATS):
        for name, analyzer in analyzers.items():
            started = time.process_time()
            count = sum(1 for _ in analyzer.frames(clip))
            spent[name].append(1000 * (time.process_time() - started) / count)
    least = {f"{name}_ms": min(times) for name, times in spent.items()}
    return least | {"ratio": least["neither_ms"] / least["both_ms"]}
