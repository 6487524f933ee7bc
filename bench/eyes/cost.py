"""What the stages that can be switched off cost: multiply–adds of one face, and time of a clip with and without."""

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
    """Return the multiply–adds of one face in each stage."""
    return dict(stage_costs())


def measure_speed(clip: Path) -> dict[str, Any]:
    """Return the processor time per frame, ms, with each choice of switches: the least of several runs in turn.

    Processor time, as other programs on the machine hardly change it. ``ratio`` is the frames per processor second with
    everything on over those with nothing on.
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
