"""Measures CPU time and multiply-adds of each stage of an analysis on one thread."""

from __future__ import annotations

import functools
import math
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from unittest.mock import patch

from emotion.engine import classify_faces, face_follower
from emotion.engine import stream as face_stream
from emotion.engine.analyzer import Analyzer
from emotion.models.tflite_cost import tflite_cost
from emotion.types import FloatArray
from emotion.vision.cuts import CutDetector
from emotion.vision.decode.video import read_video
from emotion.vision.litert import LiteRTModel
from emotion.vision.similarity import SimilarityTo
from emotion.vision.track import Tracker

EVERYTHING = "everything"
REPEATS = 3


class _Stopwatch:
    """Sums the CPU time of functions and the multiply-adds of the networks that run inside them."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self.calls: dict[str, int] = defaultdict(int)
        self.multiply_adds: dict[str, float] = defaultdict(float)
        self._running: list[str] = []

    def around(self, stage: str, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def timed(*args: Any, **kwargs: Any) -> Any:
            self._running.append(stage)
            # CPU time of this thread, because other programs affect wall time more.
            started = time.thread_time()
            try:
                return function(*args, **kwargs)
            finally:
                self.seconds[stage] += time.thread_time() - started
                self.calls[stage] += 1
                self._running.pop()

        return timed

    def counting(self, run: Callable[..., list[FloatArray]]) -> Callable[..., list[FloatArray]]:
        """Wrap ``LiteRTModel._run`` to add its multiply-adds to every stage that is running."""

        def counted(model: LiteRTModel, values: FloatArray, shape: tuple[int, ...]) -> list[FloatArray]:
            cost = _multiply_adds(model)
            for stage in self._running:
                self.multiply_adds[stage] += cost * values.size / math.prod(model.input_shape)
            return run(model, values, shape)

        return counted

    def figures(self, frames: int) -> dict[str, dict[str, Any]]:
        return {
            stage: {
                "ms_per_frame": seconds * 1000 / frames,
                "ms_per_call": seconds * 1000 / self.calls[stage],
                "calls": self.calls[stage],
                "multiply_adds_per_call": _whole(self.multiply_adds[stage] / self.calls[stage]),
            }
            for stage, seconds in self.seconds.items()
        }


def measure_stages(path: Path, repeats: int = REPEATS) -> dict[str, dict[str, Any]]:
    """Return for each stage the CPU time per frame and per call (ms), number of calls, and multiply-adds per call.

    Multiply-adds are None if :mod:`emotion.models.tflite_cost` cannot count those of a network.

    Args:
        path: Video to analyse.
        repeats: Number of analyses; the fastest time of each stage counts.
    """
    analyzer = Analyzer()
    list(analyzer.frames(path, every=20))  # the first calls are slower
    runs = [_measure_once(analyzer, path) for _ in range(repeats)]
    return {stage: min((run[stage] for run in runs), key=lambda cost: cost["ms_per_frame"]) for stage in runs[0]}


def _measure_once(analyzer: Analyzer, path: Path) -> dict[str, dict[str, Any]]:
    watch = _Stopwatch()
    with ExitStack() as patches:
        for stage, owner, name in _stages_of(analyzer):
            patches.enter_context(patch.object(owner, name, watch.around(stage, getattr(owner, name))))
        patches.enter_context(patch.object(LiteRTModel, "_run", watch.counting(LiteRTModel._run)))
        next_frame = watch.around("decode", functools.partial(next, read_video(path), None))
        stream = analyzer.stream(iter(next_frame, None))
        count = watch.around(EVERYTHING, lambda: sum(1 for _ in stream))()
    return watch.figures(count)


def _stages_of(analyzer: Analyzer) -> list[tuple[str, Any, str]]:
    """Return (stage, owner, attribute) of the function to time for each stage."""
    return [
        ("cuts", CutDetector, "__call__"),
        ("detect", analyzer._detector, "detect"),
        ("mesh", analyzer._mesh, "fit"),
        ("pose, mouth, box", face_follower, "_face"),
        ("track", Tracker, "update"),
        ("align", classify_faces, "align"),
        ("classify", analyzer._classifier, "predict"),
        ("similarity", SimilarityTo, "__call__"),
        ("eyes", face_stream, "with_eyes"),
        ("movements", face_stream, "with_measures"),
    ]


def _whole(count: float) -> int | None:
    return None if math.isnan(count) else round(count)


@functools.cache
def _multiply_adds(model: LiteRTModel) -> float:
    """Return a model's multiply-adds for one input of its declared size; NaN if they cannot be counted."""
    counted = tflite_cost(model.path.read_bytes())[1]
    return float("nan") if counted is None else counted
