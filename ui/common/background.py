"""Background jobs of a session: a thread with progress, cancel and temporary files."""

from __future__ import annotations

import logging
import shutil
import threading
from collections.abc import Callable
from pathlib import Path, PurePath
from typing import BinaryIO

from emotion.errors import Cancelled, EmotionError
from emotion.library.upload_limits import size_of
from emotion.limits import limits
from emotion.types import Progress
from ui.common.visit_cleanup import visit_cleanup
from ui.common.visit_files import visit_folder

UPLOADED = "uploaded-file"
"""Name of an upload on disk. Messages show the file's own name instead, so this must not be an ordinary word."""

log = logging.getLogger(__name__)


class BackgroundJob:
    """Base class of jobs that run on a thread while pages are used.

    The thread never calls Streamlit. Pages poll the attributes, which the thread only replaces as a whole.

    Attributes:
        progress: Progress so far; None at first.
        error: Why the job failed, in one sentence; empty if it did not.
    """

    def __init__(self) -> None:
        self._folder = visit_folder()
        visit_cleanup.register(self)
        self.progress: Progress | None = None
        self.error = ""
        self._cancelled = threading.Event()
        self._closed = False
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()

    @property
    def started(self) -> bool:
        """Whether the job was started."""
        return self._thread is not None

    @property
    def running(self) -> bool:
        """Whether the thread is running."""
        return self._thread is not None and self._thread.is_alive()

    def cancel(self) -> None:
        """Ask the job to stop; partial results are kept."""
        self._cancelled.set()

    def wait(self, timeout_s: float | None = None) -> None:
        """Block until the job has ended."""
        if self._thread is not None:
            self._thread.join(timeout_s)

    def close(self) -> None:
        """Cancel the job and delete its files."""
        self._closed = True
        self.cancel()
        self._folder.cleanup()

    def _start_thread(self, work: Callable[[], None]) -> None:
        """Start the thread, unless it is running: a double click starts a job twice."""
        with self._starting:
            if self.running:
                return
            self.progress, self.error = None, ""
            self._cancelled.clear()
            self._thread = threading.Thread(target=self._guard, args=(work,), name="job", daemon=True)
            self._thread.start()

    def _guard(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Cancelled:
            log.info("a job was cancelled")
        except EmotionError as error:
            self._fail(self._message_of(error))
        except Exception:
            log.exception("a job failed")
            self._fail("Something went wrong in the app. Its log has the details.")

    def _message_of(self, error: EmotionError) -> str:
        return str(error)

    def _fail(self, reason: str) -> None:
        self.error = reason

    def _report(self, progress: Progress) -> None:
        self.progress = progress
        if self._cancelled.is_set():
            raise Cancelled("Analysis stopped. The results so far are kept.")


class UploadJob(BackgroundJob):
    """Base class of jobs on one uploaded file.

    The content is copied to disk in chunks, after which the upload can be released. A file that is already on this
    machine is used in place and never deleted.

    Attributes:
        name: The file's name for display and downloads; never a path.
        path: The file on disk, under a fixed name.
    """

    def __init__(self, name: str, content: BinaryIO | Path, fallback: str = "upload") -> None:
        """Store the file.

        Raises:
            TooLargeError: The file exceeds the limit, or the disk is too full.
        """
        super().__init__()
        self.name = PurePath(name).name or fallback
        self.path = Path(self._folder.name) / UPLOADED
        if isinstance(content, Path):
            self.path.symlink_to(content)
        else:
            try:
                _copy(content, self.path, self.name)
            except BaseException:
                self.close()
                raise

    @property
    def stem(self) -> str:
        """The file's name without its extension; names of downloads start with it."""
        return PurePath(self.name).stem

    def _message_of(self, error: EmotionError) -> str:
        return str(error).replace(self.path.name, self.name)


def _copy(content: BinaryIO, path: Path, name: str) -> None:
    """Copy an upload to disk if its size is allowed."""
    allowed, size = limits(), size_of(content)
    allowed.check_size(size, name)
    allowed.check_free(path.parent, size)
    with path.open("wb") as file:
        shutil.copyfileobj(content, file)
