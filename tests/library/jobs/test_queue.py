"""Rules of the queue, without workers: order, limits, claims, cancelling, dead workers."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from emotion.errors import LibraryError
from emotion.library import LOCAL, JobSettings, Library, Repository, State
from emotion.library.jobs import Dispatcher, cancel, place_in_queue, resume
from emotion.library.jobs.liveness import mark_dead_workers
from emotion.library.jobs.outcomes import Outcome, finish
from emotion.library.jobs.queue import Claim, claim_next, places_in_queue, record_heartbeat, register_worker
from tests.conftest import make_analysis
from tests.library.libraries import MakeLibrary, end, put


def taken(library: Library, at_once: int = 99) -> Claim:
    claim = claim_next(library, at_once)
    assert claim is not None
    return claim


def test_the_queue_is_in_order_and_keeps_its_limit(library: Library, repository: Repository, video: Path) -> None:
    one, two, three = (repository.add(video, f"{n}.mp4") for n in range(3))
    assert [place_in_queue(repository, each.id) for each in (one, two, three)] == [0, 1, 2]
    first, second = claim_next(library, 2), claim_next(library, 2)
    assert first is not None
    assert second is not None
    assert (first.id, second.id) == (one.id, two.id)
    assert claim_next(library, 2) is None
    assert [place_in_queue(repository, each.id) for each in (one, two, three)] == [None, None, 0]
    end(library, first, make_analysis([["neutral"]]))
    assert taken(library, 2).id == three.id


def test_the_queue_position_counts_all_owners(library: Library, video: Path) -> None:
    one, two, three = (library.for_owner(owner).add(video, "a.mp4") for owner in ("ada", "bob", "ada"))
    assert places_in_queue(library.for_owner("ada")) == {one.id: 0, three.id: 2}
    assert places_in_queue(library.for_owner("bob")) == {two.id: 1}


def test_concurrent_servers_claim_each_job_once_within_the_limit(make_library: MakeLibrary, video: Path) -> None:
    servers = [make_library() for _ in range(4)]
    waiting = {servers[0].for_owner(LOCAL).add(video, f"{n}.mp4").id for n in range(10)}
    together = threading.Barrier(4)

    def claim_all(server: Library) -> list[Claim]:
        together.wait()
        return [claim for claim in (claim_next(server, 7) for _ in range(10)) if claim is not None]

    with ThreadPoolExecutor(4) as pool:
        claims = [claim for some in pool.map(claim_all, servers) for claim in some]
    assert len(claims) == len({claim.id for claim in claims}) == 7
    assert {claim.id for claim in claims} < waiting


def test_cancelling_a_queued_job_ends_it_at_once(library: Library, repository: Repository, video: Path) -> None:
    entry = repository.add(video, "a.mp4")
    kept = repository.add(video, "b.mp4", JobSettings(keep_video=True))
    cancel(repository, entry.id)
    cancel(repository, kept.id)
    assert claim_next(library, 9) is None
    after = repository.get(entry.id)
    assert (after.state, after.has_video, after.can_resume) == (State.CANCELLED, False, False)
    assert repository.video_path(entry.id) is None
    assert repository.video_path(kept.id) is not None
    assert (after.bytes, repository.used_bytes()) == (0, kept.bytes)


def test_cancelling_a_running_job_reaches_the_worker(library: Library, repository: Repository, video: Path) -> None:
    entry = repository.add(video, "a.mp4")
    claim = taken(library)
    assert record_heartbeat(library, claim, 5, 20, 2.5) is False
    running = repository.get(entry.id)
    assert (running.done, running.total, running.share, running.remaining_s) == (5, 20, 0.25, 6)
    cancel(repository, entry.id)
    assert record_heartbeat(library, claim, 6, 20, 2.5) is True
    assert repository.get(entry.id).state is State.RUNNING
    with pytest.raises(LibraryError, match="still being analysed; cancel it first"):
        repository.delete(entry.id)


def test_a_complete_job_is_done_despite_a_cancel_request(library: Library, repository: Repository, video: Path) -> None:
    """The request to cancel comes after the last frame."""
    entry = repository.add(video, "a.mp4")
    claim = claim_next(library, 1)
    assert claim is not None
    cancel(repository, entry.id)
    end(library, claim, make_analysis([["happiness"]] * 4))
    assert repository.get(entry.id).state is State.DONE


def test_cancelling_a_finished_job_changes_nothing(repository: Repository, video: Path) -> None:
    entry = put(repository, video)
    cancel(repository, entry.id)
    assert repository.get(entry.id) == entry


def a_dead_process() -> int:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    return gone.pid


def test_a_dead_worker_is_noticed_and_its_job_can_be_resumed(
    library: Library, repository: Repository, video: Path
) -> None:
    entry = repository.add(video, "a.mp4")
    claim = taken(library)
    register_worker(library, claim, a_dead_process())
    assert mark_dead_workers(library) == [entry.id]
    after = repository.get(entry.id)
    assert (after.state, after.can_resume) == (State.INTERRUPTED, True)
    assert "process ended unexpectedly; there are no results yet" in after.note
    assert mark_dead_workers(library) == []
    resume(repository, entry.id)
    assert repository.get(entry.id).state is State.QUEUED
    assert taken(library).id == entry.id


def test_a_reused_process_id_is_not_alive(library: Library, repository: Repository, video: Path) -> None:
    entry = repository.add(video, "a.mp4")
    register_worker(library, taken(library), os.getpid())
    assert mark_dead_workers(library) == [entry.id]


def test_a_worker_declared_dead_cannot_write(library: Library, repository: Repository, video: Path) -> None:
    entry = repository.add(video, "a.mp4")
    slow = taken(library)
    register_worker(library, slow, a_dead_process())
    mark_dead_workers(library)
    resume(repository, entry.id)
    quick = taken(library)
    assert record_heartbeat(library, slow, 1, 2, 1.0) is None
    assert finish(library, slow, Outcome(State.DONE)) is False
    with pytest.raises(LibraryError, match="taken by another worker"):
        register_worker(library, slow, os.getpid())
    assert record_heartbeat(library, quick, 1, 2, 1.0) is False


def test_a_worker_killed_during_cleanup_is_done(library: Library, repository: Repository, video: Path) -> None:
    """The timeline was written, but not the row: no result is lost, and the video is deleted."""
    entry = repository.add(video, "a.mp4")
    claim = taken(library)
    library.checkpoint(entry.id).append(make_analysis([["neutral"]] * 5), None)
    library.checkpoint(entry.id).merge(f"{entry.id}/timeline.parquet", "")
    register_worker(library, claim, a_dead_process())
    mark_dead_workers(library)
    after = repository.get(entry.id)
    assert (after.state, after.has_video, after.done) == (State.DONE, False, 5)
    assert library.storage.keys(entry.id) == [f"{entry.id}/timeline.parquet"]


def test_only_interrupted_or_failed_jobs_can_be_resumed(repository: Repository, video: Path) -> None:
    entry = put(repository, video)
    with pytest.raises(LibraryError, match="expected an interrupted analysis"):
        resume(repository, entry.id)


def test_a_job_that_cannot_start_fails(
    library: Library, repository: Repository, video: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "nothing here"))
    entry = repository.add(video, "a.mp4")
    Dispatcher(library).run_once()
    after = repository.get(entry.id)
    assert (after.state, after.can_resume) == (State.FAILED, True)
    assert "could not be started: No such file" in after.note
