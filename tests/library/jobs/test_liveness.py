"""Detecting dead workers on this machine by their process ID and command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from emotion.library import Library, Repository
from emotion.library.jobs import liveness
from emotion.library.jobs.liveness import HeartbeatMonitor, mark_dead_workers
from emotion.library.jobs.queue import Claim, claim_next, work_of


@pytest.fixture
def processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A process table in which a process can be kept between its exit and its removal."""
    monkeypatch.setattr(liveness, "_PROCESSES", tmp_path / "proc")
    (tmp_path / "proc" / "4242").mkdir(parents=True)
    return tmp_path / "proc" / "4242"


@pytest.fixture
def claim(library: Library, repository: Repository, video: Path) -> Claim:
    repository.add(video, "a.mp4")
    claim = claim_next(library, 1)
    assert claim is not None
    work_of(library, claim, 4242)
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
    """It has released its memory and its command line, but only its parent will know its exit status."""
    (processes / "cmdline").write_bytes(b"")
    passed_s = [0.0]
    monitor = HeartbeatMonitor[Claim](lambda: passed_s[0])
    assert mark_dead_workers(library, monitor) == []
    passed_s[0] = liveness.HEARTBEAT_TIMEOUT_S
    assert mark_dead_workers(library, monitor) == []
    passed_s[0] += 1
    assert mark_dead_workers(library, monitor) == [claim.id]
