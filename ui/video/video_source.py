"""The video of an analysis, as far as this visit has it: to be played, looked at and exported."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

from emotion.report.playable import playable
from ui.common.background import UploadJob


class VideoSource(UploadJob):
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
        self.playable = playable(self.path, self.path.with_name("playable.mp4"), self._report)
