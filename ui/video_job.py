"""One video of a visit: analysed on a thread of its own, its files deleted with it."""

from __future__ import annotations

import logging
import shutil
import tempfile
import threading
import time
from dataclasses import replace
from enum import Enum
from pathlib import Path, PurePath
from typing import BinaryIO

import emotion
from emotion.errors import Cancelled, EmotionError
from emotion.types import Analysis, Progress
from ui.playable import plays_in_browser, write_playable

log = logging.getLogger(__name__)


class Phase(Enum):
    """What a job is busy with, in words for people."""

    ANALYSING = "Analysing"
    CONVERTING = "Preparing the player"
    DONE = "Done"


class VideoJob:
    """The analysis of one video.

    The content is copied to disk at once, piece by piece; the source may then be dropped.
    The thread never calls Streamlit; pages read the attributes, which are only ever
    replaced as a whole.

    Attributes:
        name: The file's name, for people and for downloads; never a path.
        path: The video on disk, under a name of ours.
        playable: What a browser can play, once known; None if there is nothing.
        progress: Of the present phase; None until the first frame.
        analysis: The result; of what was done if the job was cancelled.
        error: Why there is no result, in one sentence.
    """

    def __init__(self, name: str, content: BinaryIO) -> None:
        self.name = PurePath(name).name or "video"
        # Deleted when the job is closed or forgotten, and when the program ends.
        self._folder = tempfile.TemporaryDirectory(prefix="expression-", ignore_cleanup_errors=True)
        self.path = Path(self._folder.name) / "upload"
        with self.path.open("wb") as file:
            shutil.copyfileobj(content, file)
        self.playable: Path | None = None
        self.progress: Progress | None = None
        self.analysis: Analysis | None = None
        self.error = ""
        self.phase = Phase.ANALYSING
        self._cancelled = threading.Event()
        self._closed = False
        self._thread: threading.Thread | None = None

    @property
    def stem(self) -> str:
        """The name without its ending, from which downloads take theirs."""
        return PurePath(self.name).stem

    @property
    def started(self) -> bool:
        """Whether :meth:`start` was called."""
        return self._thread is not None

    @property
    def running(self) -> bool:
        """Whether the thread is still at work."""
        return self._thread is not None and self._thread.is_alive()

    def start(self, analyzer: emotion.Analyzer, every: int = 1) -> None:
        """Begin; returns at once."""
        self._thread = threading.Thread(target=self._run, args=(analyzer, every), name="video-job", daemon=True)
        self._thread.start()

    def cancel(self) -> None:
        """Ask the present phase to stop; what is done stays."""
        self._cancelled.set()

    def wait(self, timeout_s: float | None = None) -> None:
        """Block until the job has ended."""
        if self._thread is not None:
            self._thread.join(timeout_s)

    def close(self) -> None:
        """Stop and delete the files."""
        self._closed = True
        self.cancel()
        self._folder.cleanup()

    def _run(self, analyzer: emotion.Analyzer, every: int) -> None:
        try:
            analysis = analyzer.video(self.path, every, on_progress=self._report)
            self.analysis = replace(analysis, source=self.name)
            if not self._closed:
                self._cancelled.clear()
                self._prepare_player()
        except Cancelled:
            log.info("the player's copy was cancelled")
        except EmotionError as error:
            self._fail(str(error).replace(self.path.name, self.name, 1))
        except Exception:
            log.exception("the analysis of a video failed")
            self._fail("Something went wrong in the program; its log says more.")
        finally:
            self.phase = Phase.DONE

    def _fail(self, reason: str) -> None:
        # A result without a player is still a result.
        if self.analysis is None:
            self.error = reason
        else:
            log.warning("no player: %s", reason)

    def _report(self, progress: Progress) -> None:
        self.progress = progress
        if self._cancelled.is_set():
            raise Cancelled("The analysis was cancelled; what was done is kept.")

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
