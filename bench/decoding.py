"""Compares the CPU time of decoding in two checkouts, alternating between them, with a fresh process for each pass.

``python -m bench.decoding BEFORE AFTER [CLIP ...] [--rounds N]`` prints a table. A pass surveys the file and
reads it to its end, after the first frame of another one. CPU time of all threads is compared, because other work on
the machine affects it less than wall time. A machine's speed drifts by more than 2% within minutes, so each round
compares two passes that follow each other, and the median of these ratios counts.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import scipy.stats

from emotion.paths import ROOT

DATA = Path(os.environ.get("EMOTION_SHARED_DATA") or ROOT.parent / "shared" / "data") / "videos"
CLIPS = ("portrait_d0.mp4", "one_face_720p.mp4", "face_then_none_hevc.mov")
FIRST = DATA / "no_face.mp4"
"""Read before the measurement starts."""
ALLOWED = 1.02
"""Largest accepted ratio of the times."""

_PASS = """
import sys, time
try:
    from emotion.vision.decode.video import read_video
except ImportError:  # where it was until November 2026
    from emotion.vision.decode_video import read_video
next(iter(read_video(sys.argv[2])))  # settings are checked and codecs loaded once for each process
started = time.process_time()
count = sum(1 for _ in read_video(sys.argv[1]))
print(count, (time.process_time() - started) * 1000 / count)
"""


def pass_ms(checkout: Path, clip: Path) -> tuple[int, float]:
    """Return the number of frames that a checkout reads from a clip, and the CPU time per frame, ms."""
    command = [sys.executable, "-c", _PASS, str(clip), str(FIRST)]
    environment = os.environ | {"PYTHONPATH": str(checkout)}
    done = subprocess.run(command, cwd=checkout, env=environment, capture_output=True, text=True, check=True)
    count, cost = done.stdout.split()
    return int(count), float(cost)


def compare(before: Path, after: Path, clip: Path, rounds: int) -> str:
    """Return a row of the table: frames, median CPU times, and their ratio with its interval."""
    costs: dict[Path, list[float]] = {before: [], after: []}
    frames: dict[Path, int] = {}
    for turn in range(rounds):
        # Both go first equally often.
        for checkout in (before, after) if turn % 2 == 0 else (after, before):
            frames[checkout], cost = pass_ms(checkout, clip)
            costs[checkout].append(cost)
    middle = {one: statistics.median(costs[one]) for one in costs}
    ratio, low, high = median_ratio(costs[before], costs[after])
    cells = (
        clip.name, f"{frames[before]} / {frames[after]}", f"{middle[before]:.3f}", f"{middle[after]:.3f}",
        f"{ratio:.3f}", f"{low:.3f} to {high:.3f}", f"{min(costs[after]) / min(costs[before]):.3f}",
        "yes" if ratio <= ALLOWED else "**no**",
    )  # fmt: skip
    return f"| {' | '.join(cells)} |"


def median_ratio(before: Sequence[float], after: Sequence[float]) -> tuple[float, float, float]:
    """Return the median of after ÷ before, pair by pair, and its 95% interval by bootstrap."""
    ratios = np.divide(after, before)
    found = scipy.stats.bootstrap((ratios,), np.median, method="percentile", rng=np.random.default_rng(0))
    return float(np.median(ratios)), float(found.confidence_interval.low), float(found.confidence_interval.high)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    parser.add_argument("clips", type=Path, nargs="*", default=[DATA / name for name in CLIPS])
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    print("| clip | frames | before, CPU ms per frame | after | after ÷ before | 95% | of the least | at most 1.02 |")
    print("|---|---|---|---|---|---|---|---|", flush=True)
    for clip in options.clips:
        row = compare(options.before.resolve(), options.after.resolve(), clip.resolve(), options.rounds)
        print(row, flush=True)


if __name__ == "__main__":
    main()
