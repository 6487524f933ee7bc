"""Where the time goes: milliseconds per frame of each stage, measured one after the other on one thread."""

from __future__ import annotations

import functools
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

from emotion.vision.align import align
from emotion.vision.decode_video import read_video
from emotion.vision.landmarks import head_pose
from emotion.vision.pipeline import Analyzer
from emotion.vision.similarity import ssim


class _Stopwatch:
    """Adds up the time spent in functions."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self.calls: dict[str, int] = defaultdict(int)

    def around(self, stage: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*args: Any, **kwargs: Any) -> Any:
            started = time.perf_counter()
            try:
                return function(*args, **kwargs)
            finally:
                self.seconds[stage] += time.perf_counter() - started
                self.calls[stage] += 1

        return timed


def measure_stages(path: Path) -> dict[str, dict[str, float]]:
    """Return for each stage its ms per frame of video, and per call."""
    watch, analyzer = _Stopwatch(), Analyzer()
    list(analyzer.frames(path, every=20))  # the first calls are slower
    with (
        patch.object(analyzer._detector, "detect", watch.around("detect", analyzer._detector.detect)),
        patch.object(analyzer._mesh, "fit", watch.around("mesh", analyzer._mesh.fit)),
        patch.object(analyzer._classifier, "predict", watch.around("classify", analyzer._classifier.predict)),
        patch("emotion.vision.recognise.align", watch.around("align", align)),
        patch("emotion.vision.recognise.ssim", watch.around("similarity", ssim)),
        patch("emotion.vision.follow.head_pose", watch.around("pose", head_pose)),
    ):
        next_frame = watch.around("decode", functools.partial(next, read_video(path), None))
        stream = analyzer.stream(iter(next_frame, None))
        count = watch.around("everything", lambda: sum(1 for _ in stream))()
    return {
        stage: {
            "ms_per_frame": seconds * 1000 / count,
            "ms_per_call": seconds * 1000 / watch.calls[stage],
            "calls": watch.calls[stage],
        }
        for stage, seconds in watch.seconds.items()
    }
