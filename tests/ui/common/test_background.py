"""Background jobs: error messages, cancelling, and cleanup of their files."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from emotion.errors import TooLargeError, VideoError
from emotion.types import Progress
from ui.common.background import UPLOADED, UploadJob


class Task(UploadJob):
    """A job that runs a given function."""

    def do(self, work: Callable[[], None]) -> str:
        """Run a job to its end, and return its message."""
        self._start_thread(work)
        self.wait(30)
        assert not self.running
        return self.error


@pytest.fixture
def task() -> Task:
    return Task("my talk.mp4", io.BytesIO(b"content"))


def raising(error: Exception) -> Callable[[], None]:
    def work() -> None:
        raise error

    return work


def test_bugs_are_hidden_and_file_errors_name_the_file(task: Task) -> None:
    assert task.do(raising(KeyError("/secret/path"))) == "Something went wrong in the app. Its log has the details."
    assert task.do(raising(VideoError(f"expected an upload with frames; {task.path.name} has none"))) == (
        "expected an upload with frames; my talk.mp4 has none"
    )
    assert task.do(lambda: None) == "", "started again"


def test_cancelling_stops_at_the_next_step_without_error(task: Task) -> None:
    steps = []

    def work() -> None:
        for done in range(1, 100):
            if done == 3:
                task.cancel()
            task._report(Progress(done, 100, 0.0))
            steps.append(done)

    assert task.do(work) == ""
    assert steps == [1, 2]
    assert task.progress is not None
    assert task.progress.done == 3


def test_closing_deletes_the_copy_but_not_a_local_file(task: Task, tmp_path: Path) -> None:
    assert task.path.read_bytes() == b"content"
    task.close()
    assert not task.path.exists()
    own = tmp_path / "own.mp4"
    own.write_bytes(b"own")
    local = Task("own.mp4", own)
    assert local.path.read_bytes() == b"own"
    local.close()
    assert own.read_bytes() == b"own"


@pytest.mark.parametrize(("setting", "value"), [("EMOTION_FREE_MB", "1e9"), ("EMOTION_MAX_UPLOAD_MB", "0.000001")])
def test_an_upload_to_a_full_disk_leaves_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, setting: str, value: str
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setenv(setting, value)
    with pytest.raises(TooLargeError):
        Task("large.mp4", io.BytesIO(b"content"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("given", "name"), [("../../etc/pass wd", "pass wd"), ("", "upload"), ("a/b.mp4", "b.mp4")])
def test_the_name_of_an_upload_is_never_a_path(given: str, name: str) -> None:
    job = Task(given, io.BytesIO(b""))
    assert (job.name, job.path.name) == (name, UPLOADED)


def test_a_job_that_runs_is_not_started_again(task: Task) -> None:
    begun, allowed = [], threading.Event()

    def work() -> None:
        begun.append(threading.current_thread())
        assert allowed.wait(20)

    for _ in range(2):
        task._start_thread(work)
    allowed.set()
    for thread in begun:
        thread.join(20)
    assert len(begun) == 1
