"""Work of a visit: on a thread of its own, with progress and cancel; its files are deleted with it."""

from __future__ import annotations

import logging
import shutil
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path, PurePath
from typing import BinaryIO

from emotion.errors import Cancelled, EmotionError
from emotion.library.upload_limits import size_of
from emotion.limits import limits
from emotion.types import Progress

log = logging.getLogger(__name__)


class Work:
    """Base of what goes on while pages are looked at; subclasses say what the thread does.

    The thread never calls Streamlit; pages read the attributes, which are only ever
    replaced as a whole.

    Attributes:
        progress: Of what is being done; None at first.
        error: Why there is no result, in one sentence.
    """

    def __init__(self) -> None:
        # Deleted when the work is closed or forgotten, and when the program ends.
        self._folder = tempfile.TemporaryDirectory(prefix="expression-", ignore_cleanup_errors=True)
        self.progress: Progress | None = None
        self.error = ""
        self._cancelled = threading.Event()
        self._closed = False
        self._thread: threading.Thread | None = None

    @property
    def started(self) -> bool:
        """Whether the work was begun."""
        return self._thread is not None

    @property
    def running(self) -> bool:
        """Whether the thread is still at work."""
        return self._thread is not None and self._thread.is_alive()

    def cancel(self) -> None:
        """Ask the present work to stop; what is done stays."""
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

    def _begin(self, work: Callable[[], None]) -> None:
        """Start on the work, which may be done anew when it has ended."""
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
            self._fail(self._in_words(error))
        except Exception:
            log.exception("a job failed")
            self._fail("Something went wrong in the program; its log says more.")

    def _in_words(self, error: EmotionError) -> str:
        return str(error)

    def _fail(self, reason: str) -> None:
        self.error = reason

    def _report(self, progress: Progress) -> None:
        self.progress = progress
        if self._cancelled.is_set():
            raise Cancelled("The analysis was cancelled; what was done is kept.")


class Job(Work):
    """Base of work on one upload.

    Content is copied to disk at once, piece by piece; the source may then be dropped. A file that is
    on this machine already is used where it lies, and left there.

    Attributes:
        name: The file's name, for people and for downloads; never a path.
        path: The file on disk, under a name of ours.
    """

    def __init__(self, name: str, content: BinaryIO | Path, fallback: str = "upload") -> None:
        """Take in a file.

        Raises:
            TooLargeError: It is over the limit, or the disk is too full for it.
        """
        super().__init__()
        self.name = PurePath(name).name or fallback
        self.path = Path(self._folder.name) / "upload"
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
        """The name without its ending, from which downloads take theirs."""
        return PurePath(self.name).stem

    def _in_words(self, error: EmotionError) -> str:
        return str(error).replace(self.path.name, self.name, 1)


def _copy(content: BinaryIO, path: Path, name: str) -> None:
    """Copy an upload to the disk, if that may be."""
    allowed, size = limits(), size_of(content)
    allowed.check_size(size, name)
    allowed.check_free(path.parent, size)
    with path.open("wb") as file:
        shutil.copyfileobj(content, file)
