"""The video file of an analysis in this session, with a copy that browsers can play."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

from emotion.report.playable import playable
from ui.common.background import UploadJob


class VideoSource(UploadJob):
    """An uploaded video, deleted with the session, or one that the library keeps.

    Attributes:
        playable: A file that browsers can play; None until it is ready, or if there is none.
    """

    def __init__(self, name: str, content: BinaryIO | Path) -> None:
        super().__init__(name, content, fallback="video")
        self.playable: Path | None = None

    def prepare(self) -> None:
        """Start converting the video for browsers, unless already started; returns at once."""
        if not self.started:
            self._start_thread(self._prepare)

    def _prepare(self) -> None:
        self.playable = playable(self.path, self.path.with_name("playable.mp4"), self._report)
