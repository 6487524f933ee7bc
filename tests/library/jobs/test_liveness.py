"""Detection of dead workers by process ID and command line, and of claims without a worker."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import update

from emotion.engine.storage import timeline_key
from emotion.errors import LibraryError
from emotion.library import JobSettings, Library, Repository, State
from emotion.library.jobs import cancel, liveness
from emotion.library.jobs.liveness import HeartbeatMonitor, mark_dead_workers
from emotion.library.jobs.queue import Claim, claim_next, register_worker
from emotion.library.orm import AnalysisRow


@pytest.fixture
def processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fake process table in which a process can stay between its exit and its removal."""
    monkeypatch.setattr(liveness, "_PROCESSES", tmp_path / "proc")
    (tmp_path / "proc" / "4242").mkdir(parents=True)
    return tmp_path / "proc" / "4242"


@pytest.fixture
def claim(library: Library, repository: Repository, video: Path) -> Claim:
    repository.add(video, "a.mp4")
    claim = claim_next(library, 1)
    assert claim is not None
    register_worker(library, claim, 4242)
    return claim


def test_a_worker_is_alive_while_its_process_id_is_its_own(library: Library, claim: Claim, processes: Path) -> None:
    (processes / "cmdline").write_bytes(f"python\0-m\0emotion.library.worker\0{claim.id}\0".encode())
    assert mark_dead_workers(library) == []
    (processes / "cmdline").write_bytes(b"python\0-m\0something.else\0")
    assert mark_dead_workers(library) == [claim.id]


def test_an_unused_process_id_is_dead(library: Library, claim: Claim, processes: Path) -> None:
    processes.rmdir()
    assert mark_dead_workers(library) == [claim.id]


def test_an_exited_worker_is_left_to_its_server_for_a_minute(library: Library, claim: Claim, processes: Path) -> None:
    """Its memory and its command line are gone, but only its parent can read its exit status."""
    (processes / "cmdline").write_bytes(b"")
    passed_s = [0.0]
    monitor = HeartbeatMonitor[Claim](lambda: passed_s[0])
    assert mark_dead_workers(library, monitor) == []
    passed_s[0] = liveness.HEARTBEAT_TIMEOUT_S
    assert mark_dead_workers(library, monitor) == []
    passed_s[0] += 1
    assert mark_dead_workers(library, monitor) == [claim.id]


def test_damaged_results_are_deleted_and_the_analysis_can_be_resumed(
    library: Library, repository: Repository, claim: Claim, processes: Path
) -> None:
    processes.rmdir()
    with library.storage.writing(timeline_key(claim.id)) as file:
        file.write(b"PAR1 and then nothing")
    assert mark_dead_workers(library) == [claim.id]
    entry = repository.get(claim.id)
    assert entry.state is State.INTERRUPTED
    assert "its results are damaged" in entry.note
    assert entry.can_resume
    assert not library.storage.exists(timeline_key(claim.id))


@pytest.fixture
def unstarted(library: Library, repository: Repository, video: Path) -> Claim:
    """A claim of a server that was killed before it started a worker."""
    repository.add(video, "first.mp4", JobSettings(keep_video=False))
    repository.add(video, "second.mp4")
    claim = claim_next(library, 1)
    assert claim is not None
    return claim


class Clock:
    """A clock that the test advances."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def given_up(library: Library) -> list[str]:
    """Return the claims that another server gives up after the time for a start is over."""
    clock = Clock()
    monitor = HeartbeatMonitor[Claim](clock)
    assert mark_dead_workers(library, monitor) == [], "it may still start"
    clock.seconds = liveness.START_TIMEOUT_S
    assert mark_dead_workers(library, monitor) == [], "it may still start"
    clock.seconds += 0.1
    return mark_dead_workers(library, monitor)


def test_an_analysis_whose_worker_never_started_keeps_its_place_in_the_queue(
    library: Library, repository: Repository, unstarted: Claim, processes: Path
) -> None:
    (processes / "cmdline").write_bytes(b"python\0-m\0something.else\0")
    assert given_up(library) == [unstarted.id]
    entry = repository.get(unstarted.id)
    assert (entry.state, entry.note, entry.has_video) == (State.QUEUED, "", True)
    again = claim_next(library, 1)
    assert again is not None
    assert again.id == unstarted.id
    with pytest.raises(LibraryError, match="taken by another worker"):
        register_worker(library, unstarted, 4242)


def test_a_worker_that_is_still_starting_keeps_its_claim(library: Library, unstarted: Claim, processes: Path) -> None:
    command = ("python", "-m", "emotion.library.jobs.worker", unstarted.id, unstarted.run)
    (processes / "cmdline").write_bytes("\0".join(command).encode())
    assert given_up(library) == []


def test_an_analysis_cancelled_before_its_worker_started_is_over(
    library: Library, repository: Repository, unstarted: Claim, processes: Path
) -> None:
    cancel(repository, unstarted.id)
    assert given_up(library) == [unstarted.id]
    entry = repository.get(unstarted.id)
    assert (entry.state, entry.has_video, entry.finished_at is None) == (State.CANCELLED, False, False)
    assert (library.storage.keys(unstarted.id), entry.bytes) == ([], 0)


def test_a_process_of_another_user_is_no_worker(
    library: Library, claim: Claim, processes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its command line may be hidden (``hidepid``); the queue must continue."""

    def refuse(path: Path) -> bytes:
        raise PermissionError(path)

    monkeypatch.setattr(liveness.Path, "read_bytes", refuse)
    assert mark_dead_workers(library) == [claim.id]


def test_a_worker_on_another_machine_is_judged_by_its_heartbeat(
    library: Library, claim: Claim, processes: Path
) -> None:
    with library.database.writing() as session:
        session.execute(update(AnalysisRow).values(worker_host="elsewhere"))
    processes.rmdir()  # its process ID means nothing here
    clock = Clock()
    monitor = HeartbeatMonitor[Claim](clock)
    assert mark_dead_workers(library, monitor) == []
    clock.seconds = liveness.HEARTBEAT_TIMEOUT_S
    assert mark_dead_workers(library, monitor) == []
    clock.seconds += 1
    assert mark_dead_workers(library, monitor) == [claim.id]
