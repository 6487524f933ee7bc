"""``python -m bench.live_engine``: server time per camera frame, without browser, network and codecs.

It writes the figures to ``bench/results`` and prints them by frame size, number of faces and drawing. The rows are
measured in turn, 60 frames each, in several rounds, because the machine's speed drifts.
"""

from __future__ import annotations

import json
import time
from collections import defaultdict
from fractions import Fraction

import av
import cv2
import numpy as np

from bench.common.records import LIVE_ENGINE, facts, write_section
from bench.report import write_readme
from emotion.engine.analyzer import Analyzer
from emotion.live import LiveSession, LiveSettings
from emotion.samples import sample_image

SIZES = ((640, 480), (1280, 720))
FACES = (0, 1, 2, 3)
DRAWINGS = {
    "nothing drawn": LiveSettings(draw="nothing", mirror=False),
    "boxes, mirrored": LiveSettings(),
    "mesh and blurred faces": LiveSettings(draw="mesh", hide="blur"),
}
REFERENCE = "640×480, 1 face, boxes, mirrored"
_FPS, _ROUNDS, _FRAMES = 30, 6, 60
_WARM_UP = 5
"""Frames at the start of each turn that are not counted: the first one is searched as a whole."""


def measure_live_engine() -> dict[str, dict[str, float]]:
    """Return for each kind of frame the median and 95th percentile, ms, and the median relative to the reference."""
    analyzer = Analyzer()
    times: dict[str, list[float]] = defaultdict(list)
    analyzer.warm()
    for _ in range(_ROUNDS):
        for width, height in SIZES:
            for faces in FACES:
                for drawing, settings in DRAWINGS.items():
                    name = f"{width}×{height}, {faces} face{'s' * (faces != 1)}, {drawing}"
                    times[name] += _turn(analyzer, settings, _frames(width, height, faces), faces)
    reference = float(np.median(times[REFERENCE]))
    return {name: _figures(ms, reference) for name, ms in times.items()}


def _figures(ms: list[float], reference_ms: float) -> dict[str, float]:
    median, p95 = np.percentile(ms, [50, 95])
    return {"median_ms": float(median), "p95_ms": float(p95), "over_reference": float(median) / reference_ms}


def _turn(analyzer: Analyzer, settings: LiveSettings, frames: list[av.VideoFrame], faces: int) -> list[float]:
    """Return the time of each frame of a new session after the warm-up, ms."""
    # The clock stands still: frames without pauses would make the session reduce its quality.
    session, laps = LiveSession(analyzer, settings, clock=lambda: 0.0), []
    for frame in frames:
        started = time.perf_counter()
        session.process(frame)
        laps.append((time.perf_counter() - started) * 1000)
    found = sum(person.in_view for person in session.snapshot().people)
    if found != faces:
        raise RuntimeError(f"expected {faces} faces in the frames; got {found}")
    session.close()
    return laps[_WARM_UP:]


def _frames(width: int, height: int, faces: int) -> list[av.VideoFrame]:
    """Return frames with a number of faces side by side that sway a little."""
    portrait = cv2.resize(sample_image()[40:240, 130:320], (width // 4, height // 2), interpolation=cv2.INTER_AREA)
    frames = []
    for index in range(_FRAMES):
        view = np.full((height, width, 3), 70, np.uint8)
        for place in range(faces):
            left = round(width * (0.05 + 0.32 * place) + 6 * np.sin(index / 5))
            view[height // 4 : height // 4 + portrait.shape[0], left : left + portrait.shape[1]] = portrait
        frame = av.VideoFrame.from_ndarray(view, format="rgb24").reformat(format="yuv420p")
        frame.pts, frame.time_base = index, Fraction(1, _FPS)
        frames.append(frame)
    return frames


def main() -> None:
    """Measure, write the section, and print the figures."""
    figures = measure_live_engine()
    write_section(LIVE_ENGINE, facts(), figures)
    write_readme()
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
