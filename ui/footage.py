"""The video of an analysis, as far as this visit has it: to be played, looked at and exported."""

from __future__ import annotations

import time
from pathlib import Path
from typing import BinaryIO

from emotion.types import Progress
from emotion.vision.decode_video import probe
from ui.job import Job
from ui.playable import plays_in_browser, write_playable


class Footage(Job):
    """A video that is on this machine's disk until the visit ends, or as long as the library keeps it.

    Attributes:
        playable: What a browser can play, once known; None if there is nothing (yet).
    """

    def __init__(self, name: str, content: BinaryIO | Path) -> None:
        super().__init__(name, content, fallback="video")
        self.playable: Path | None = None

    def prepare(self) -> None:
        """Begin to make it playable, if it has not begun; returns at once."""
        if not self.started:
            self._begin(self._prepare)

    def _prepare(self) -> None:
        if plays_in_browser(self.path):
            self.playable = self.path
            return
        total, started = probe(self.path).frame_count, time.perf_counter()
        copy = self.path.with_name("playable.mp4")

        def report(done: int) -> None:
            self._report(Progress(done, max(total, done), time.perf_counter() - started))

        self.playable = write_playable(self.path, copy, report)
