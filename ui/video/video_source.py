"""The video file of an analysis in this session, with a copy that browsers can play."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

from emotion.errors import EmotionError
from emotion.library.probe_upload import facts_of
from emotion.report.playable import playable
from emotion.types import VideoInfo
from ui.common.background import UploadJob


class VideoSource(UploadJob):
    """An uploaded video, deleted with the session, or one that the library keeps.

    Attributes:
        playable: A file that browsers can play; None until it is ready, or if there is none.
    """

    def __init__(self, name: str, content: BinaryIO | Path) -> None:
        super().__init__(name, content, fallback="video")
        self.playable: Path | None = None
        self._facts: tuple[VideoInfo | None] | None = None

    def info(self) -> VideoInfo | None:
        """Return the video's facts, read once; None if it cannot be read."""
        if self._facts is None:
            try:
                self._facts = (facts_of(self.path)[0],)
            except EmotionError:
                # The error is shown when the video is added to the library.
                self._facts = (None,)
        return self._facts[0]

    def prepare(self) -> None:
        """Start converting the video for browsers, unless already started; returns at once."""
        if not self.started:
            self._start_thread(self._prepare)

    def _prepare(self) -> None:
        self.playable = playable(self.path, self.path.with_name("playable.mp4"), self._report)
