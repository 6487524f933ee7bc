"""Live recordings in the library: never claimed by a worker, and closed if interrupted."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text as sql

from emotion.errors import LibraryError
from emotion.library import LOCAL, JobSettings, Library, Repository, State
from emotion.library.jobs import Dispatcher
from emotion.library.jobs.clips import clip_file, hand_over_clip, hand_over_left_clips, lock_clip
from emotion.library.jobs.liveness import HeartbeatMonitor, mark_dead_workers
from emotion.library.jobs.queue import Claim, claim_next, record_heartbeat
from emotion.library.jobs.recordings import (
    HEARTBEAT_TIMEOUT_S,
    begin_recording,
    close_recording,
    close_stale_recordings,
)
from emotion.types import Analysis
from tests.library.libraries import MakeLibrary


def begun(repository: Repository, title: str = "At the window") -> Claim:
    return begin_recording(repository, title, "camera", JobSettings())


def set_row(library: Library, claim: Claim, **values: object) -> None:
    changes = ", ".join(f"{name} = :{name}" for name in values)
    with library.database.writing() as session:
        session.execute(sql(f"UPDATE analyses SET {changes} WHERE id = :id"), {"id": claim.id, **values})


def dead_process() -> int:
    done = subprocess.Popen([sys.executable, "-c", ""])
    done.wait()
    return done.pid


def test_a_recording_is_running_at_once_and_never_claimed(
    library: Library, repository: Repository, video: Path
) -> None:
    claim = begun(repository)
    entry = repository.get(claim.id)
    assert (entry.state, entry.title, entry.source, entry.settings.live) == (
        State.RUNNING,
        "At the window",
        "camera",
        True,
    )
    assert (entry.has_video, entry.can_resume, entry.note) == (False, False, "")
    assert claim_next(library, 1) is None
    waiting = repository.add(video, "a.mp4")
    taken = claim_next(library, 1)
    assert taken is not None, "a recording does not count in the limit of concurrent analyses"
    assert taken.id == waiting.id
    assert not repository.get(waiting.id).settings.live


def test_a_recording_of_a_live_server_is_not_closed(make_library: MakeLibrary) -> None:
    library, other = make_library(), make_library()
    repository = library.for_owner(LOCAL)
    claim = begun(repository)
    assert mark_dead_workers(other) == []
    assert close_stale_recordings(other) == []
    Dispatcher(other).run_once()
    assert repository.get(claim.id).state is State.RUNNING
    assert record_heartbeat(library, claim, 30, 30, 29.5) is False
    assert (repository.get(claim.id).done, repository.get(claim.id).rate) == (30, 29.5)
    with pytest.raises(LibraryError, match="cancel it first"):
        repository.delete(claim.id)


def test_parts_are_merged_into_one_timeline(library: Library, repository: Repository, analysis: Analysis) -> None:
    claim = begun(repository)
    parts, half = library.checkpoint(claim.id), analysis.timeline["frame_index"] < 5
    first = replace(
        analysis,
        timeline=analysis.timeline[half].reset_index(drop=True),
        frames=analysis.frames[:5],
        info=replace(analysis.info, frame_count=5, duration_s=0.5),
    )
    parts.append(first, None)
    parts.replace_last(analysis)
    assert len(library.storage.keys(f"{claim.id}/parts")) == 1
    close_recording(library, claim)
    entry, kept = repository.get(claim.id), repository.load_analysis(claim.id)
    assert (entry.state, entry.note, entry.info) == (State.DONE, "", analysis.info)
    assert kept.complete
    assert len(kept.timeline) == len(analysis.timeline)
    assert kept.info == analysis.info


@pytest.mark.parametrize("silent", [True, False])
def test_an_interrupted_recording_is_closed_and_kept(
    library: Library, repository: Repository, analysis: Analysis, silent: bool
) -> None:
    """Its process has ended, or another process has its ID and sends no heartbeat."""
    claim = begun(repository)
    library.checkpoint(claim.id).append(analysis, None)
    passed_s = [0.0]
    monitor = HeartbeatMonitor[Claim](lambda: passed_s[0])
    if silent:
        assert close_stale_recordings(library, monitor) == []
        passed_s[0] += HEARTBEAT_TIMEOUT_S + 1
    else:
        set_row(library, claim, worker_pid=dead_process())
    assert mark_dead_workers(library) == [], "it has no worker that could be dead"
    assert close_stale_recordings(library, monitor) == [claim.id]
    entry = repository.get(claim.id)
    assert entry.state is State.DONE
    assert entry.note.startswith("The recording was interrupted: its server")
    assert "everything up to 0.9 s of it is kept" in entry.note
    assert not repository.load_analysis(claim.id).complete
    assert len(repository.load_analysis(claim.id).timeline) == len(analysis.timeline)
    assert record_heartbeat(library, claim, 1, 1, 1.0) is None, "a server considered dead must not write"
    assert close_stale_recordings(library) == []


def damage_part(library: Library, claim: Claim, number: int) -> None:
    with library.storage.writing(f"{claim.id}/parts/{number:06d}.parquet") as file:
        file.write(b"no table")


def test_a_damaged_recording_is_kept_up_to_the_damage(
    library: Library, repository: Repository, analysis: Analysis
) -> None:
    claim, lost = begun(repository), begun(repository)
    for recording, parts in ((claim, 2), (lost, 1)):
        for _ in range(parts):
            library.checkpoint(recording.id).append(analysis, None)
        damage_part(library, recording, parts)
        close_recording(library, recording)
    entry = repository.get(claim.id)
    assert (entry.state, entry.done) == (State.DONE, len(analysis.frames))
    assert entry.note == "A part of the recording is damaged; everything up to 0.9 s of it is kept."
    assert repository.get(lost.id).state is State.CANCELLED
    repository.delete(lost.id)


def test_a_recording_that_cannot_be_closed_keeps_no_other_open(
    library: Library, repository: Repository, analysis: Analysis, caplog: pytest.LogCaptureFixture
) -> None:
    broken, whole = begun(repository), begun(repository)
    for claim in (broken, whole):
        library.checkpoint(claim.id).append(analysis, None)
        set_row(library, claim, worker_pid=dead_process())
    with library.storage.writing(f"{broken.id}/timeline.parquet/folder") as file:
        file.write(b"in the way of the timeline")
    Dispatcher(library).run_once()
    assert repository.get(whole.id).state is State.DONE
    assert repository.get(broken.id).state is State.RUNNING
    assert f"recording {broken.id} was interrupted, but cannot be closed yet" in caplog.text


def test_an_interrupted_recording_without_frames_says_so(library: Library, repository: Repository) -> None:
    claim = begun(repository)
    set_row(library, claim, worker_pid=dead_process())
    assert close_stale_recordings(library) == [claim.id]
    entry = repository.get(claim.id)
    assert entry.state is State.CANCELLED
    assert "nothing was recorded yet" in entry.note
    repository.delete(claim.id)


def test_nothing_is_written_for_a_lost_claim(library: Library, repository: Repository, analysis: Analysis) -> None:
    claim = begun(repository)
    library.checkpoint(claim.id).append(analysis, None)
    close_recording(library, claim)
    repository.delete(claim.id)
    library.checkpoint(claim.id).append(analysis, None)
    close_recording(library, claim)
    assert not library.storage.exists(f"{claim.id}/timeline.parquet")


def test_a_clip_being_written_is_left_alone(library: Library, repository: Repository) -> None:
    claim = begun(repository)
    path = clip_file(claim.id)
    with lock_clip(path), pytest.raises(BlockingIOError):
        hand_over_clip(library, claim.id)
    assert path.exists()
    path.unlink()


def test_the_next_dispatcher_adds_an_abandoned_clip(
    library: Library, repository: Repository, analysis: Analysis, video: Path
) -> None:
    claim = begun(repository)
    library.checkpoint(claim.id).append(analysis, None)
    set_row(library, claim, worker_pid=dead_process())
    clip_file(claim.id).write_bytes(video.read_bytes())
    close_stale_recordings(library)
    hand_over_left_clips(library)
    (clip,) = repository.search("clip").entries
    assert (clip.title, clip.state, clip.has_video) == ("At the window (clip)", State.QUEUED, True)
    assert clip.happened_at == repository.get(claim.id).happened_at
    assert not clip_file(claim.id).exists()


@pytest.mark.parametrize("content", [b"", b"not a video at all"])
def test_a_clip_without_frames_is_deleted(library: Library, repository: Repository, content: bytes) -> None:
    claim = begun(repository)
    clip_file(claim.id).write_bytes(content)
    assert hand_over_clip(library, claim.id) is None
    assert not clip_file(claim.id).exists()
    assert repository.search().total == 1


def test_the_clip_of_a_deleted_recording_is_deleted(library: Library, repository: Repository, video: Path) -> None:
    path = clip_file("0" * 32)
    path.write_bytes(video.read_bytes())
    hand_over_left_clips(library)
    assert not path.exists()
    assert repository.search().total == 0


def test_this_process_is_the_server(library: Library, repository: Repository) -> None:
    claim = begun(repository)
    with library.database.reading() as session:
        saved_pid = session.execute(sql("SELECT worker_pid FROM analyses WHERE id = :id"), {"id": claim.id}).scalar()
    assert saved_pid == os.getpid()
