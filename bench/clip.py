"""Measures one video in a process of its own, so that its peak memory is its own.

``python -m bench.clip FILE [--loops N]`` prints one JSON object.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from pathlib import Path

from emotion.types import Frame
from emotion.vision.decode_video import read_video
from emotion.vision.pipeline import Analyzer
from emotion.vision.prefetch import prefetch

_REPEATS = 3


def decode_rate(path: Path) -> float:
    """Return frames/s of decoding alone, with the decoder and the luma conversion that the pipeline uses."""
    started = time.perf_counter()
    count = sum(1 for _ in read_video(path))
    return count / (time.perf_counter() - started)


def analysis_rate(analyzer: Analyzer, path: Path) -> float:
    """Return frames/s from file to results, every frame followed and every face classified."""
    started = time.perf_counter()
    count = sum(1 for _ in analyzer.frames(path))
    return count / (time.perf_counter() - started)


def measure(path: Path) -> dict[str, float]:
    """Measure decoding and analysis in turn, so that both see the same machine, and return the best of each."""
    analyzer = Analyzer()
    analysis_rate(analyzer, path)  # opens the interpreters that the threads use
    pairs = [(decode_rate(path), analysis_rate(analyzer, path)) for _ in range(_REPEATS)]
    decode, analysis = (max(rates) for rates in zip(*pairs, strict=True))
    return {"decode_fps": decode, "analysis_fps": analysis, "share_of_decode": analysis / decode}


def measure_memory(path: Path, loops: int) -> dict[str, float]:
    """Analyse a video that is ``loops`` times as long as the file, as one stream into one timeline."""
    from emotion.analytics.timeline import TimelineBuilder  # noqa: PLC0415 – only this mode builds a table

    analyzer = Analyzer()
    builder = TimelineBuilder(analyzer.labels)
    for result in analyzer.stream(prefetch(_looped(path, loops)), parallel=True):
        builder.add(result)
    timeline, frames = builder.build()
    return {"frames": len(frames), "rows": len(timeline), "peak_mb": peak_mb()}


def peak_mb() -> float:
    """Return this process's peak resident memory in MB (Linux).

    Not ``ru_maxrss``, which a process inherits from the one that started it.
    """
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def _looped(path: Path, loops: int) -> Iterator[Frame]:
    index, start_s = 0, 0.0
    for _ in range(loops):
        time_s = 0.0
        for frame in read_video(path):
            time_s = frame.time_s
            yield Frame(index, start_s + time_s, frame.luma, frame.colour)
            index += 1
        start_s += time_s + 0.04


def main() -> None:
    """Measure speed, or memory if ``--loops`` is given."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--loops", type=int)
    options = parser.parse_args()
    if options.loops:
        print(json.dumps(measure_memory(options.file, options.loops)))
    else:
        print(json.dumps(measure(options.file) | {"peak_mb": peak_mb()}))


if __name__ == "__main__":
    main()
