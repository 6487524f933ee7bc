"""What a camera's picture costs in the server: ms by size and number of faces, without browser, network and codecs.

``python -m bench.live_engine`` writes the figures below ``results`` and prints the table.
Rows are measured in turn, a second of pictures each, several times over, so that all of them see the same machine.
"""

from __future__ import annotations

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
WISHES = {
    "nothing drawn": LiveSettings(draw="nothing", mirror=False),
    "boxes, mirrored": LiveSettings(),
    "mesh and blurred faces": LiveSettings(draw="mesh", hide="blur"),
}
REFERENCE = "640×480, 1 face, boxes, mirrored"
_FPS, _ROUNDS, _PICTURES = 30, 6, 60
_WARM_UP = 5
"""Pictures at the start of each turn that are not counted: the first one is looked at everywhere."""


def measure_live_engine() -> dict[str, dict[str, float]]:
    """Return for each kind of picture its median and 95th percentile in ms, and the median over the reference's."""
    analyzer = Analyzer()
    times: dict[str, list[float]] = defaultdict(list)
    analyzer.warm()
    for _ in range(_ROUNDS):
        for width, height in SIZES:
            for faces in FACES:
                for wish, settings in WISHES.items():
                    name = f"{width}×{height}, {faces} face{'s' * (faces != 1)}, {wish}"
                    times[name] += _turn(analyzer, settings, _pictures(width, height, faces), faces)
    reference = float(np.median(times[REFERENCE]))
    return {name: _figures(ms, reference) for name, ms in times.items()}


def _figures(ms: list[float], reference_ms: float) -> dict[str, float]:
    median, p95 = np.percentile(ms, [50, 95])
    return {"median_ms": float(median), "p95_ms": float(p95), "over_reference": float(median) / reference_ms}


def _turn(analyzer: Analyzer, settings: LiveSettings, pictures: list[av.VideoFrame], faces: int) -> list[float]:
    """Return the ms of each picture of a new session, warm-up left out."""
    # A clock that stands: measured without a pause in between, a session would take itself to be overloaded.
    session, laps = LiveSession(analyzer, settings, clock=lambda: 0.0), []
    for picture in pictures:
        started = time.perf_counter()
        session.process(picture)
        laps.append((time.perf_counter() - started) * 1000)
    found = sum(person.in_view for person in session.snapshot().people)
    if found != faces:
        raise RuntimeError(f"expected {faces} faces in the pictures that are measured; got {found}")
    session.close()
    return laps[_WARM_UP:]


def _pictures(width: int, height: int, faces: int) -> list[av.VideoFrame]:
    """Return pictures with so many faces beside each other that sway a little, as people do."""
    portrait = cv2.resize(sample_image()[40:240, 130:320], (width // 4, height // 2), interpolation=cv2.INTER_AREA)
    pictures = []
    for index in range(_PICTURES):
        view = np.full((height, width, 3), 70, np.uint8)
        for place in range(faces):
            left = round(width * (0.05 + 0.32 * place) + 6 * np.sin(index / 5))
            view[height // 4 : height // 4 + portrait.shape[0], left : left + portrait.shape[1]] = portrait
        frame = av.VideoFrame.from_ndarray(view, format="rgb24").reformat(format="yuv420p")
        frame.pts, frame.time_base = index, Fraction(1, _FPS)
        pictures.append(frame)
    return pictures


def markdown(figures: dict[str, dict[str, float]]) -> str:
    """Return the table."""
    head = f"| picture | median, ms | 95th percentile, ms | median ÷ {REFERENCE} |\n|---|---:|---:|---:|"
    rows = [
        f"| {name} | {each['median_ms']:.1f} | {each['p95_ms']:.1f} | {each['over_reference']:.2f} |"
        for name, each in figures.items()
    ]
    return "\n".join([head, *rows, ""])


def main() -> None:
    """Measure, write the figures down, print the table."""
    figures = measure_live_engine()
    write_section(LIVE_ENGINE, facts(), figures)
    write_readme()
    print(markdown(figures))


if __name__ == "__main__":
    main()
