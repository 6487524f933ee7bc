"""``python -m bench.eyes``: measures eyes, gaze, head pose and cost, and writes the figures of two guides."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.common.records import EYES, facts, write_section
from bench.eyes.blinks import measure_blinks
from bench.eyes.cost import measure_speed
from bench.eyes.genki import measure_genki
from bench.eyes.guide import write_guides
from bench.eyes.heads import RATES, measure_heads
from bench.eyes.jitter import measure_jitter
from bench.eyes.photographs import measure_drawn_gaze, measure_lids
from emotion.engine.stage_costs import stage_costs
from training.datasets.readers.parquet import default_data_dir

PARTS: dict[str, Callable[[Path, int], dict[str, Any]]] = {
    "cost": lambda data, step: {"cost": stage_costs()},
    "speed": lambda data, step: {"speed": measure_speed(data / "videos" / "one_face_720p.mp4")},
    "lids": lambda data, step: {"lids": measure_lids(data)},
    "drawn": lambda data, step: {"drawn gaze": measure_drawn_gaze(data)},
    "blinks": lambda data, step: {"blinks": measure_blinks(data)},
    "heads": lambda data, step: {f"heads, {fps:g}": measure_heads(fps) for fps in RATES},
    "jitter": lambda data, step: {"jitter": measure_jitter(data)},
    "genki": lambda data, step: measure_genki(data / "genki4k" / "genki4k.parquet", step),
}


def main() -> None:
    """Run the chosen measurements, and write their results and the guides."""
    parser = argparse.ArgumentParser(prog="python -m bench.eyes", description=__doc__)
    parser.add_argument("--data", type=Path, default=default_data_dir().parent, help="folder of the shared data")
    parser.add_argument("--step", type=int, default=2, help="use every n-th pair of rows of GENKI-4K")
    parser.add_argument("--only", nargs="*", choices=[*PARTS, "guide"], help="“guide” only rewrites the guides")
    options = parser.parse_args()
    about = facts()
    for name, measure in PARTS.items():
        if not options.only or name in options.only:
            write_section(EYES, about, measure(options.data, options.step))
    write_guides()


if __name__ == "__main__":
    main()
