"""A clock that is changed by an hour does not affect liveness, the order of the queue or retention."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text as sql

from emotion.library import JobSettings, Library, Repository, State, mapping
from emotion.library import library as library_module
from emotion.library.jobs import Dispatcher, liveness, outcomes, place_in_queue, queue, recordings, resume
from emotion.library.jobs.liveness import HeartbeatMonitor, mark_dead_workers
from emotion.library.jobs.queue import Claim, claim_next, record_heartbeat, register_worker
from emotion.library.jobs.recordings import begin_recording, close_stale_recordings
from emotion.monitoring.figures import query_work as figures_of
from tests.conftest import make_analysis
from tests.library.libraries import end, put
from ui.live.ice import ice_servers

HOUR = dt.timedelta(hours=1)
JUMPS = pytest.mark.parametrize("jump", [HOUR, -HOUR], ids=["forward", "back"])


class WallClock:
    """A wall clock that can be changed."""

    def __init__(self) -> None:
        self.off = dt.timedelta()

    def now(self) -> dt.datetime:
        return dt.datetime.now(dt.UTC) + self.off


class Patience:
    """A monotonic clock under the test's control."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch) -> WallClock:
    clock = WallClock()
    for module in (mapping, queue, outcomes, library_module, recordings):
        monkeypatch.setattr(module, "now", clock.now)
    return clock


def taken(library: Library) -> Claim:
    claim = claim_next(library, 99)
    assert claim is not None
    return claim


def set_hosts(library: Library, host: str) -> None:
    with library.database.writing() as session:
        session.execute(sql("UPDATE analyses SET worker_host = :host"), {"host": host})


@JUMPS
def test_changing_the_clock_does_not_interrupt_a_remote_worker(
    library: Library, repository: Repository, video: Path, wall: WallClock, jump: dt.timedelta
) -> None:
    entry = repository.add(video, "a.mp4")
    claim, patience = taken(library), Patience()
    register_worker(library, claim, 1)
    set_hosts(library, "elsewhere")
    monitor = HeartbeatMonitor[Claim](patience)
    for _ in range(5):
        # This machine has the new time; the worker's machine still has the old one.
        wall.off = jump
        assert mark_dead_workers(library, monitor) == []
        patience.seconds += liveness.HEARTBEAT_TIMEOUT_S - 1
        wall.off = dt.timedelta()
        assert record_heartbeat(library, claim, 1, 2, 1.0) is False
    assert repository.get(entry.id).state is State.RUNNING


@JUMPS
def test_a_dead_remote_worker_is_noticed_after_a_minute_at_any_clock(
    library: Library, repository: Repository, video: Path, wall: WallClock, jump: dt.timedelta
) -> None:
    entry = repository.add(video, "a.mp4")
    claim, patience = taken(library), Patience()
    wall.off = jump
    register_worker(library, claim, 1)
    wall.off = dt.timedelta()
    set_hosts(library, "elsewhere")
    monitor = HeartbeatMonitor[Claim](patience)
    assert mark_dead_workers(library, monitor) == []
    patience.seconds += liveness.HEARTBEAT_TIMEOUT_S
    assert mark_dead_workers(library, monitor) == []
    patience.seconds += 1
    assert mark_dead_workers(library, monitor) == [entry.id]
    assert repository.get(entry.id).can_resume


@JUMPS
def test_a_claim_of_a_dead_server_does_not_wait_for_a_clock(
    library: Library, repository: Repository, video: Path, wall: WallClock, jump: dt.timedelta
) -> None:
    entry = repository.add(video, "a.mp4")
    wall.off = jump
    taken(library)
    wall.off = dt.timedelta()
    patience = Patience()
    monitor = HeartbeatMonitor[Claim](patience)
    assert mark_dead_workers(library, monitor) == []
    patience.seconds += liveness.START_TIMEOUT_S + 1
    assert mark_dead_workers(library, monitor) == [entry.id]
    assert repository.get(entry.id).state is State.QUEUED


@JUMPS
def test_changing_the_clock_does_not_close_a_recording(
    library: Library, repository: Repository, wall: WallClock, jump: dt.timedelta
) -> None:
    claim = begin_recording(repository, "", "camera", JobSettings())
    dispatcher = Dispatcher(library)
    dispatcher.run_once()
    wall.off = jump
    dispatcher.run_once()
    assert repository.get(claim.id).state is State.RUNNING
    assert record_heartbeat(library, claim, 1, 1, 1.0) is False
    dispatcher.run_once()
    assert repository.get(claim.id).state is State.RUNNING


@JUMPS
def test_a_stale_recording_is_closed_at_any_clock(
    library: Library, repository: Repository, wall: WallClock, jump: dt.timedelta
) -> None:
    wall.off = jump
    claim = begin_recording(repository, "", "camera", JobSettings())
    wall.off = dt.timedelta()
    patience = Patience()
    monitor = HeartbeatMonitor[Claim](patience)
    assert close_stale_recordings(library, monitor) == []
    patience.seconds += recordings.HEARTBEAT_TIMEOUT_S + 1
    assert close_stale_recordings(library, monitor) == [claim.id]


@JUMPS
def test_changing_the_clock_keeps_the_queue_order(
    library: Library, repository: Repository, video: Path, wall: WallClock, jump: dt.timedelta
) -> None:
    ids = [repository.add(video, "before.mp4").id]
    wall.off = jump
    ids += [repository.add(video, f"set {number}.mp4").id for number in range(2)]
    wall.off = dt.timedelta()
    ids += [repository.add(video, f"right again {number}.mp4").id for number in range(2)]
    assert [place_in_queue(repository, each) for each in ids] == [0, 1, 2, 3, 4]
    assert figures_of(library).oldest_s >= 0
    assert [taken(library).id for _ in ids] == ids


def test_resumed_jobs_go_to_the_end_of_the_queue(
    library: Library, repository: Repository, video: Path, wall: WallClock
) -> None:
    broken = repository.add(video, "broken.mp4")
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    register_worker(library, taken(library), gone.pid)
    assert mark_dead_workers(library) == [broken.id]
    waiting = repository.add(video, "waiting.mp4")
    wall.off = -HOUR
    resume(repository, broken.id)
    assert [taken(library).id for _ in range(2)] == [waiting.id, broken.id]


@pytest.mark.slow
@JUMPS
def test_a_clock_off_by_an_hour_deletes_nothing_early(
    library: Library, repository: Repository, video: Path, wall: WallClock, jump: dt.timedelta
) -> None:
    repository.set_retention_days(1)
    entry = put(repository, video)
    assert entry.kept_until is not None
    right = entry.kept_until
    wall.off = jump
    Dispatcher(library).run_once()
    # It ended while the clock was wrong, so it is kept that much longer or shorter.
    other = put(repository, video)
    wall.off = dt.timedelta()
    assert other.kept_until is not None
    assert abs(other.kept_until - right - jump) < HOUR / 2
    assert library.sweep_expired(right - 1.1 * HOUR) == 0
    assert repository.search().total == 2
    assert library.sweep_expired(right + 1.5 * HOUR) == 2


@JUMPS
def test_an_analysis_ending_before_its_start_is_complete(
    library: Library, repository: Repository, video: Path, wall: WallClock, jump: dt.timedelta
) -> None:
    entry = repository.add(video, "a.mp4")
    claim = taken(library)
    register_worker(library, claim, os.getpid())
    wall.off = jump
    end(library, claim, make_analysis([["neutral"]]))
    after = repository.get(entry.id)
    assert (after.state, after.done, after.remaining_s) == (State.DONE, 1, None)


@given(now_s=st.floats(1.6e9, 2.2e9), jump_s=st.sampled_from([-3600.0, 3600.0]))
def test_turn_passwords_tolerate_a_clock_off_by_an_hour(now_s: float, jump_s: float) -> None:
    secrets = {"turn_urls": "turn:turn.example.org", "turn_secret": "s"}
    (server,) = ice_servers(secrets, now_s + jump_s)
    assert float(server["username"]) > now_s, "for the TURN server's clock it has already expired"


@given(steps=st.lists(st.tuples(st.sampled_from(["a", "b"]), st.booleans(), st.floats(0, 50)), min_size=1, max_size=20))
def test_heartbeat_age_is_the_time_since_it_changed(steps: list[tuple[str, bool, float]]) -> None:
    patience, signs = Patience(), {"a": 0, "b": 0}
    monitor = HeartbeatMonitor[str](patience)
    monitor.unchanged_s(signs)
    spoke_s = dict.fromkeys(signs, patience.seconds)
    for who, speaks, waited_s in steps:
        patience.seconds += waited_s
        if speaks:
            signs[who] += 1
            spoke_s[who] = patience.seconds
        assert monitor.unchanged_s(signs) == {each: patience.seconds - spoke_s[each] for each in signs}


def test_a_forgotten_heartbeat_starts_over() -> None:
    patience = Patience()
    monitor = HeartbeatMonitor[str](patience)
    monitor.unchanged_s({"a": 1})
    patience.seconds += 99
    assert monitor.unchanged_s({}) == {}
    assert monitor.unchanged_s({"a": 1}) == {"a": 0.0}
