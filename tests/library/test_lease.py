"""A worker that cannot reach the library stops writing, because another may have taken over."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import text as sql

from emotion.library import Library, Repository, State
from emotion.library.jobs import cancel, worker
from emotion.library.jobs.queue import Claim, claim_next
from emotion.library.jobs.worker import ClaimedCheckpoint, ClaimLost, Heartbeat
from emotion.library.orm import AnalysisRow
from emotion.types import Analysis

pytestmark = pytest.mark.slow

LEASE_S = 0.5


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "LEASE_S", LEASE_S)
    monkeypatch.setattr(worker, "HEARTBEAT_INTERVAL_S", 0.05)


@pytest.fixture
def claim(library: Library, repository: Repository, video: Path) -> Claim:
    repository.add(video, "a.mp4")
    claim = claim_next(library, 1)
    assert claim is not None
    return claim


@pytest.fixture
def heartbeat(library: Library, claim: Claim) -> Iterator[Heartbeat]:
    heartbeat = Heartbeat(library, claim)
    with heartbeat.sending():
        yield heartbeat


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as pool:
        yield pool


def rename_table(library: Library, old: str, new: str) -> None:
    """Rename a table, so that a worker's queries fail."""
    with library.database.writing() as session:
        session.execute(sql(f"ALTER TABLE {old} RENAME TO {new}"))


def expect_waiting(job: Future[None]) -> None:
    time.sleep(3 * LEASE_S)
    assert not job.done()


def test_parts_are_written_while_the_library_answers(
    library: Library, claim: Claim, heartbeat: Heartbeat, analysis: Analysis
) -> None:
    time.sleep(2 * LEASE_S)
    ClaimedCheckpoint(library, claim.id, heartbeat).append(analysis, None)
    assert len(library.storage.keys(f"{claim.id}/parts")) == 1


@pytest.mark.parametrize("taken_over", [False, True])
def test_nothing_is_written_without_a_confirmed_lease(
    library: Library, claim: Claim, heartbeat: Heartbeat, analysis: Analysis, pool: ThreadPoolExecutor, taken_over: bool
) -> None:
    parts = ClaimedCheckpoint(library, claim.id, heartbeat)
    rename_table(library, "analyses", "away")
    time.sleep(2 * LEASE_S)
    job = pool.submit(parts.append, analysis, None)
    expect_waiting(job)
    assert library.storage.keys(f"{claim.id}/parts") == []
    if taken_over:
        with library.database.writing() as session:
            session.execute(sql("UPDATE away SET run = :run"), {"run": uuid.uuid4().hex})
    rename_table(library, "away", "analyses")
    if taken_over:
        with pytest.raises(ClaimLost):
            job.result(60)
        assert library.storage.keys(f"{claim.id}/parts") == []
    else:
        job.result(60)
        assert len(library.storage.keys(f"{claim.id}/parts")) == 1
    with library.database.reading() as session:
        assert session.get_one(AnalysisRow, claim.id).state == State.RUNNING


def test_the_analysed_part_is_written_after_cancelling(
    library: Library, repository: Repository, claim: Claim, heartbeat: Heartbeat, analysis: Analysis
) -> None:
    cancel(repository, claim.id)
    time.sleep(2 * LEASE_S)
    ClaimedCheckpoint(library, claim.id, heartbeat).append(analysis, None)
    assert len(library.storage.keys(f"{claim.id}/parts")) == 1


def test_a_shutdown_does_not_wait_for_the_library(
    library: Library, claim: Claim, heartbeat: Heartbeat, analysis: Analysis, pool: ThreadPoolExecutor
) -> None:
    rename_table(library, "analyses", "away")
    time.sleep(2 * LEASE_S)
    job = pool.submit(ClaimedCheckpoint(library, claim.id, heartbeat).append, analysis, None)
    expect_waiting(job)
    heartbeat.terminated.set()
    with pytest.raises(worker._Terminated):
        job.result(60)
    rename_table(library, "away", "analyses")
