"""An analyzer without models, for the parts that only show or move results."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from pathlib import Path

from emotion.errors import Cancelled
from emotion.labels import FERPLUS_LABELS
from emotion.types import Analysis, FrameResult, Progress
from emotion.vision.decode_image import load_image
from emotion.vision.decode_video import read_video
from tests.conftest import make_analysis, make_face


class FakeAnalyzer:
    """Finds one happy face in every picture that can be read."""

    labels = FERPLUS_LABELS
    faces = 1
    unclear_below = 0.0

    def __init__(self) -> None:
        self.go_on = threading.Event()
        self.go_on.set()

    def image(self, source) -> FrameResult:
        height, width = load_image(source).shape[:2]
        faces = tuple(make_face(track_id=number, left=5.0 * number) for number in range(1, self.faces + 1))
        return FrameResult(0, 0.0, width, height, faces, FERPLUS_LABELS, self.unclear_below)

    def video(self, path: Path, every: int = 1, on_progress=None) -> Analysis:
        done, note, started = 0, "", time.perf_counter()
        try:
            for done, _ in enumerate(read_video(path, every), start=1):
                on_progress(Progress(done, 100, time.perf_counter() - started))
                self.go_on.wait(20)
        except Cancelled as error:
            note = str(error)
        analysis = make_analysis([["happiness"]] * (done // 2) + [[]] * (done - done // 2), step_s=0.04)
        settings = {"every": every, "unclear_below": self.unclear_below}
        return replace(analysis, settings=settings, source="upload", complete=not note, note=note)
