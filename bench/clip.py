"""Measures one video in its own process, so that peak memory counts nothing else.

``python -m bench.clip FILE [--loops N]`` prints one JSON object.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from bench.common.process import peak_mb
from emotion.engine.analyzer import Analyzer
from emotion.engine.prefetch import prefetch
from emotion.types import Frame
from emotion.vision.decode.video import read_video

_REPEATS = 3


class Pass(NamedTuple):
    """One pass over a video."""

    fps: float
    cpu_ms: float
    """CPU time of all threads per frame, ms."""


def decode_pass(path: Path) -> Pass:
    """Only decode, with the decoder and the conversion to luma that the pipeline uses."""
    return _timed(read_video(path))


def analysis_pass(analyzer: Analyzer, path: Path) -> Pass:
    """Analyse a file from decoding to results, with faces tracked and classified in every frame."""
    return _timed(analyzer.frames(path))


def _timed(items: Iterable[object]) -> Pass:
    started, cpu_started = time.perf_counter(), time.process_time()
    count = sum(1 for _ in items)
    return Pass(count / (time.perf_counter() - started), (time.process_time() - cpu_started) * 1000 / count)


def measure(path: Path) -> dict[str, float]:
    """Return the best rates of decoding and of analysis, with expressions alone and with eyes and movements.

    The three alternate, because the machine's speed drifts.
    """
    expressions, everything = Analyzer(eyes=False, movements=False), Analyzer()
    for analyzer in (expressions, everything):
        analysis_pass(analyzer, path)  # creates the interpreters of all threads
    rounds = [
        (decode_pass(path), analysis_pass(expressions, path), analysis_pass(everything, path)) for _ in range(_REPEATS)
    ]
    decode, alone, analysis = (_best(passes) for passes in zip(*rounds, strict=True))
    return {
        "decode_fps": decode.fps,
        "expressions_fps": alone.fps,
        "analysis_fps": analysis.fps,
        "share_of_decode": alone.fps / decode.fps,
        "decode_cpu_ms": decode.cpu_ms,
        "expressions_cpu_ms": alone.cpu_ms,
        "analysis_cpu_ms": analysis.cpu_ms,
    }


def _best(passes: Iterable[Pass]) -> Pass:
    rates, costs = zip(*passes, strict=True)
    return Pass(max(rates), min(costs))


def measure_memory(path: Path, loops: int) -> dict[str, float]:
    """Return the peak memory, MB, for a file repeated ``loops`` times as one stream into one timeline."""
    from emotion.analytics.timeline import TimelineBuilder  # noqa: PLC0415 – only this mode builds a table

    analyzer = Analyzer()
    builder = TimelineBuilder(analyzer.labels)
    for result in analyzer.stream(prefetch(_looped(path, loops)), parallel=True):
        builder.add(result)
    timeline, frames = builder.build()
    return {"frames": len(frames), "rows": len(timeline), "peak_mb": peak_mb()}


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
    """Print speed, or memory if ``--loops`` is given."""
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
