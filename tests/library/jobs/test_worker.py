"""Real worker processes: finished, killed, cancelled, out of disk space, and resumed."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

import emotion
from bench.common.process import free_port
from emotion.errors import LibraryError
from emotion.library import JobSettings, Library, Repository, State
from emotion.library.jobs import Dispatcher, cancel, resume, worker
from emotion.library.orm import AnalysisRow
from emotion.types import Analysis
from tests.conftest import ROOT
from tests.library.workers import assert_equal, has_parts, is_over, pid_of, wait_for

pytestmark = pytest.mark.slow


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Library]:
    monkeypatch.setenv("EMOTION_LIBRARY", str(tmp_path))
    monkeypatch.setenv("EMOTION_PART_S", "0.2")
    library = Library.open()
    yield library
    with library.database.reading() as session:
        left = [row.worker_pid for row in session.query(AnalysisRow).filter(AnalysisRow.state == State.RUNNING)]
    for pid in filter(None, left):
        os.kill(pid, signal.SIGKILL)
    library.close()


def test_a_worker_that_begins_while_postgresql_restarts_waits_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It ended, and its analysis was interrupted, although workers that were running continued."""

    def come_back(seconds: float) -> None:
        monkeypatch.setenv("EMOTION_DATABASE_URL", f"sqlite:///{tmp_path / 'back.db'}")

    monkeypatch.setenv("EMOTION_LIBRARY", str(tmp_path))
    monkeypatch.setenv("EMOTION_DATABASE_URL", f"postgresql://nobody@127.0.0.1:{free_port()}/gone")
    monkeypatch.setattr(worker.time, "sleep", come_back)
    worker._open_library().close()
    monkeypatch.setenv("EMOTION_DATABASE_URL", f"postgresql://nobody@127.0.0.1:{free_port()}/gone")
    monkeypatch.setattr(worker, "LEASE_S", -1.0)
    with pytest.raises(LibraryError, match="cannot be reached"):
        worker._open_library()


def test_a_job_matches_the_analyzer_and_deletes_the_video(
    library: Library, repository: Repository, clip: Path, uninterrupted: Analysis
) -> None:
    entry = wait_for(repository, repository.add(clip, "a talk.mp4", JobSettings(every=2)), is_over, Dispatcher(library))
    assert (entry.state, entry.note, entry.has_video) == (State.DONE, "", False)
    analysis = repository.load_analysis(entry.id)
    assert_equal(analysis, uninterrupted)
    assert (analysis.source, analysis.complete) == ("a talk.mp4", True)
    assert library.storage.keys(entry.id) == [f"{entry.id}/timeline.parquet"]
    assert entry.bytes == library.storage.used_bytes(entry.id)


def test_killed_twice_and_resumed_it_equals_an_uninterrupted_run(
    library: Library, repository: Repository, clip: Path, uninterrupted: Analysis, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Parts are written often, so that a fast worker still has some left when it is killed.
    monkeypatch.setenv("EMOTION_PART_S", "0.05")
    dispatcher = Dispatcher(library)
    entry = repository.add(clip, "a.mp4", JobSettings(every=2, keep_video=True))
    for parts in (2, 5):
        wait_for(repository, entry, has_parts(library, parts), dispatcher)
        os.kill(pid_of(library, entry), signal.SIGKILL)
        broken = wait_for(repository, entry, is_over, dispatcher)
        assert (broken.state, broken.can_resume) == (State.INTERRUPTED, True)
        assert "everything up to" in broken.note
        so_far = repository.load_analysis(entry.id)
        assert not so_far.complete
        assert 0 < len(so_far.frames) < len(uninterrupted.frames)
        pd.testing.assert_frame_equal(so_far.frames, uninterrupted.frames[: len(so_far.frames)], check_exact=True)
        resume(repository, entry.id)
    done = wait_for(repository, entry, is_over, dispatcher)
    assert (done.state, done.note, done.has_video) == (State.DONE, "", True)
    assert_equal(repository.load_analysis(entry.id), uninterrupted)


def test_cancelling_keeps_the_analysed_part(
    library: Library, repository: Repository, clip: Path, uninterrupted: Analysis
) -> None:
    dispatcher = Dispatcher(library)
    entry = repository.add(clip, "a.mp4", JobSettings(every=2))
    wait_for(repository, entry, has_parts(library, 1), dispatcher)
    cancel(repository, entry.id)
    after = wait_for(repository, entry, is_over, dispatcher)
    assert (after.state, after.has_video, after.can_resume) == (State.CANCELLED, False, False)
    assert "The results so far are kept" in after.note
    analysis = repository.load_analysis(entry.id)
    assert not analysis.complete
    assert 0 < len(analysis.frames) == after.done < len(uninterrupted.frames)
    assert after.total == pytest.approx(len(uninterrupted.frames), abs=2)
    assert after.share < 1
    pd.testing.assert_frame_equal(analysis.frames, uninterrupted.frames[: after.done], check_exact=True)


def test_a_full_disk_fails_with_one_sentence_and_can_be_resumed(
    library: Library, repository: Repository, clip: Path, uninterrupted: Analysis, tmp_path: Path
) -> None:
    dispatcher = Dispatcher(library)
    entry = repository.add(clip, "a.mp4", JobSettings(every=2))
    folder = tmp_path / "analyses" / entry.id / "parts"
    folder.mkdir()
    # The second part is written to /dev/full, a device without free space.
    (folder / ".000002.parquet.partial").symlink_to("/dev/full")
    full = wait_for(repository, entry, is_over, dispatcher)
    assert (full.state, full.can_resume) == (State.FAILED, True)
    assert full.note.startswith("The disk is full; everything up to")
    resume(repository, entry.id)
    assert wait_for(repository, entry, is_over, dispatcher).state is State.DONE
    assert_equal(repository.load_analysis(entry.id), uninterrupted)


def test_sigterm_interrupts_cleanly(library: Library, repository: Repository, clip: Path) -> None:
    dispatcher = Dispatcher(library)
    entry = repository.add(clip, "a.mp4")
    wait_for(repository, entry, has_parts(library, 1), dispatcher)
    os.kill(pid_of(library, entry), signal.SIGTERM)
    after = wait_for(repository, entry, is_over, dispatcher)
    assert (after.state, after.can_resume) == (State.INTERRUPTED, True)
    assert "by a shutdown of the server; everything up to" in after.note


def test_workers_outlive_the_server_that_started_them(library: Library, repository: Repository, clip: Path) -> None:
    entry = repository.add(clip, "a.mp4", JobSettings(every=5, end_s=4))
    program = (
        "from emotion.library import Library; from emotion.library.jobs import Dispatcher; "
        "Dispatcher(Library.open()).run_once(); print(flush=True); input()"
    )
    server = subprocess.Popen(
        [sys.executable, "-c", program], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
    )
    assert server.stdout is not None
    server.stdout.readline()
    os.killpg(server.pid, signal.SIGKILL)
    server.communicate()
    running = repository.get(entry.id)
    assert running.state is State.RUNNING
    assert wait_for(repository, entry, is_over, Dispatcher(library)).state is State.DONE


def test_the_dispatcher_runs_on_its_own_thread(library: Library, repository: Repository, clip: Path) -> None:
    dispatcher = Dispatcher(library).start()
    entry = repository.add(clip, "a.mp4", JobSettings(fps=1, start_s=1, end_s=2))
    try:
        for _ in range(3000):
            if repository.get(entry.id).state.is_over:
                break
            time.sleep(0.1)
    finally:
        dispatcher.stop()
    assert repository.get(entry.id).state is State.DONE
    assert repository.load_analysis(entry.id).frames["frame_index"].tolist() == [25]


def test_a_corrupted_video_is_reported_by_its_name(library: Library, repository: Repository, clip: Path) -> None:
    entry = repository.add(clip, "my film.mp4")
    path = repository.video_path(entry.id)
    assert path is not None
    path.write_bytes(b"something else " * 100)
    after = wait_for(repository, entry, is_over, Dispatcher(library))
    assert (after.state, after.has_video, after.can_resume) == (State.FAILED, False, False)
    assert "is not a video" in after.note
    assert after.note.startswith("my film.mp4")
    with pytest.raises(LibraryError, match="no results of this analysis are kept"):
        repository.load_analysis(entry.id)


def test_a_job_with_a_missing_model_can_be_resumed(
    library: Library, repository: Repository, clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from emotion.models.registry import models_dir

    there = models_dir()
    monkeypatch.setenv("EMOTION_MODELS", str(tmp_path / "models"))
    (tmp_path / "models").mkdir()
    dispatcher = Dispatcher(library)
    entry = repository.add(clip, "a.mp4", JobSettings(every=50))
    failed = wait_for(repository, entry, is_over, dispatcher)
    assert (failed.state, failed.can_resume) == (State.FAILED, True)
    assert "expected a model" in failed.note
    shutil.rmtree(tmp_path / "models")
    (tmp_path / "models").symlink_to(there)
    resume(repository, entry.id)
    assert wait_for(repository, entry, is_over, dispatcher).state is State.DONE


@pytest.mark.shared
@pytest.mark.slow
def test_a_killed_run_resumes_exactly(library: Library, repository: Repository, shared_data: Path) -> None:
    clip = shared_data / "videos" / "portrait_d6.mp4"
    dispatcher = Dispatcher(library)
    entry = repository.add(clip, "portrait.mp4", JobSettings(end_s=6))
    wait_for(repository, entry, has_parts(library, 3), dispatcher)
    os.kill(pid_of(library, entry), signal.SIGKILL)
    assert wait_for(repository, entry, is_over, dispatcher).state is State.INTERRUPTED
    resume(repository, entry.id)
    assert wait_for(repository, entry, is_over, dispatcher).state is State.DONE
    assert_equal(repository.load_analysis(entry.id), emotion.Analyzer().video(clip, end_s=6))
