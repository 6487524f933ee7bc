"""One video of a visit: analysed, then made playable where browsers would not play it."""

from __future__ import annotations

import logging
import time
from dataclasses import replace
from enum import Enum
from pathlib import Path
from typing import BinaryIO

import emotion
from emotion.analytics.edits import Edits
from emotion.types import Analysis, Progress
from ui.job import Job
from ui.playable import plays_in_browser, write_playable

log = logging.getLogger(__name__)


class Phase(Enum):
    """What a job is busy with, in words for people."""

    ANALYSING = "Analysing"
    CONVERTING = "Preparing the player"
    DONE = "Done"


class VideoJob(Job):
    """The analysis of one video.

    Attributes:
        playable: What a browser can play, once known; None if there is nothing.
        analysis: The result; of what was done if the job was cancelled.
        phase: What it is busy with.
        edits: What the visitor added to the analysis.
    """

    def __init__(self, name: str, content: BinaryIO) -> None:
        super().__init__(name, content, fallback="video")
        self.playable: Path | None = None
        self.analysis: Analysis | None = None
        self.phase = Phase.ANALYSING
        self.edits = Edits()

    def start(self, analyzer: emotion.Analyzer, every: int = 1) -> None:
        """Begin; returns at once."""
        self._begin(lambda: self._run(analyzer, every))

    def _run(self, analyzer: emotion.Analyzer, every: int) -> None:
        try:
            analysis = analyzer.video(self.path, every, on_progress=self._report)
            self.analysis = replace(analysis, source=self.name)
            if not self._closed:
                self._cancelled.clear()
                self._prepare_player()
        finally:
            self.phase = Phase.DONE

    def _fail(self, reason: str) -> None:
        # A result without a player is still a result.
        if self.analysis is None:
            super()._fail(reason)
        else:
            log.warning("no player: %s", reason)

    def _prepare_player(self) -> None:
        if plays_in_browser(self.path):
            self.playable = self.path
            return
        self.phase, self.progress = Phase.CONVERTING, None
        total = self.analysis.info.frame_count if self.analysis else 0
        started = time.perf_counter()
        self.playable = write_playable(
            self.path,
            self.path.with_name("playable.mp4"),
            lambda done: self._report(Progress(done, max(total, done), time.perf_counter() - started)),
        )
