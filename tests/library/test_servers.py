"""Two server processes on one PostgreSQL: kills, takeovers, and the loss of the database."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.common.postgres import Server
from emotion.library import Entry, JobSettings, Repository, State
from emotion.library.jobs import Dispatcher, liveness, queue, resume
from emotion.library.jobs.liveness import HeartbeatMonitor
from emotion.settings import log_file
from emotion.types import Analysis
from tests.library.workers import assert_equal
from tests.stress.torture.kills import Outcome, bits, play_round, undisturbed
from tests.stress.torture.scene import Scene, scene
from tests.waiting import until

pytestmark = pytest.mark.slow

HALF = JobSettings(every=2)
SHORT = JobSettings(fps=2, end_s=2)


@pytest.fixture
def stage(postgres: Server, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Scene]:
    name = f"stage_{abs(hash(request.node.name)) % 10**9}_{os.getpid()}"
    with scene(tmp_path / "library", postgres, name) as opened:
        yield opened


def states(repository: Repository) -> set[State]:
    return {entry.state for entry in repository.search(limit=100).entries}


def handed_out(stage: Scene, server: int) -> list[str]:
    """Return the analyses for which a server started workers, from its log."""
    lines = [json.loads(line) for line in stage.log(server).read_text().splitlines() if line.startswith("{")]
    return [line["analysis"] for line in lines if line["message"] == "an analysis was given to a worker"]


def begun_by(entry: Entry) -> list[int]:
    """Return the workers that began an analysis, from its log; a killed server may not have logged them."""
    lines = [json.loads(line) for line in log_file(entry.id).read_text().splitlines() if line.startswith("{")]
    return [line["pid"] for line in lines if line["message"] == "the analysis begins"]


def may_name_machines() -> bool:
    if shutil.which("unshare") is None:
        return False
    return (
        subprocess.run(["unshare", "--uts", "hostname", "elsewhere"], capture_output=True, check=False).returncode == 0
    )


def begun(stage: Scene, entry: Entry) -> bool:
    return len(stage.library.storage.keys(f"{entry.id}/parts")) >= 2


def test_two_servers_run_every_analysis_once(stage: Scene, clip: Path) -> None:
    for host in ("one", "two") if may_name_machines() else (None, None):
        stage.start_server(host, EMOTION_JOBS="1")
    until(lambda: len(stage.backends()) >= 2, "both to have come")
    entries = [stage.repository.add(clip, f"{number}.mp4", SHORT) for number in range(8)]
    until(lambda: states(stage.repository) == {State.DONE}, "all to be done")
    by_server = [handed_out(stage, server) for server in range(2)]
    assert Counter(by_server[0] + by_server[1]) == Counter({entry.id: 1 for entry in entries})
    if may_name_machines():
        assert all(by_server), "both machines analysed some"
    found = {bits(stage.repository.load_analysis(entry.id)) for entry in entries}
    assert len(found) == 1, "the same results on every machine"


def test_another_server_takes_over_after_a_kill(stage: Scene, clip: Path, uninterrupted: Analysis) -> None:
    """Workers outlive their server, and another server on the same machine takes them over."""
    entry = stage.repository.add(clip, "a.mp4", HALF)
    stage.start_server()
    until(lambda: begun(stage, entry), "the first server's worker to begin")
    worker = stage.worker_of(entry)
    waiting = stage.repository.add(clip, "b.mp4", SHORT)
    stage.kill_server()
    stage.start_server()
    until(lambda: states(stage.repository) == {State.DONE}, "both to be done")
    assert_equal(stage.repository.load_analysis(entry.id), uninterrupted)
    assert begun_by(entry) == [worker], "its worker continued"
    assert len(begun_by(waiting)) == 1


def test_a_server_killed_before_it_starts_a_worker_loses_nothing(stage: Scene, clip: Path) -> None:
    """Without waiting for a heartbeat, another server sees that no worker exists, and starts one."""
    entry = stage.repository.add(clip, "a.mp4", SHORT)
    claim = queue.claim_next(stage.library, 1)
    assert claim is not None, "as the server did before it was killed"
    assert stage.repository.get(entry.id).state is State.RUNNING
    stage.start_server(EMOTION_JOBS="1")
    until(lambda: states(stage.repository) == {State.DONE}, "it to be done", liveness.HEARTBEAT_TIMEOUT_S)
    assert len(begun_by(entry)) == 1


def test_a_lost_machine_is_noticed_and_its_analysis_resumed_elsewhere(
    stage: Scene, clip: Path, uninterrupted: Analysis, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not may_name_machines():
        pytest.skip("expected permission to set a host name (unshare --uts)")
    entry = stage.repository.add(clip, "a.mp4", HALF)
    stage.start_server("far-away")
    until(lambda: begun(stage, entry), "the far machine's worker to begin")
    worker = stage.worker_of(entry)
    assert worker is not None
    for pid in (stage.servers[0].pid, worker):
        os.kill(pid, signal.SIGKILL)
    stage.servers[0].wait()
    # This process acts as the server of another machine.
    monkeypatch.setattr(liveness, "HEARTBEAT_TIMEOUT_S", 3.0)
    for name, value in stage.environment().items():
        monkeypatch.setenv(name, value)
    here = Dispatcher(stage.library)
    began = time.monotonic()
    here.run_once()
    assert stage.repository.get(entry.id).state is State.RUNNING, "its heartbeat was late only for a moment"
    until(lambda: here.run_once() or stage.repository.get(entry.id).state.is_over, "its death to be noticed")
    assert time.monotonic() - began > 3
    broken = stage.repository.get(entry.id)
    assert (broken.state, broken.can_resume) == (State.INTERRUPTED, True)
    assert "process ended unexpectedly; everything up to" in broken.note
    resume(stage.repository, entry.id)
    until(lambda: here.run_once() or stage.repository.get(entry.id).state.is_over, "it to go on here")
    assert_equal(stage.repository.load_analysis(entry.id), uninterrupted)


def test_a_disconnected_worker_does_not_write_after_reassignment(
    stage: Scene, clip: Path, uninterrupted: Analysis
) -> None:
    """The worker sleeps past the timeout, continues, and finds that its analysis was reassigned."""
    entry = stage.repository.add(clip, "a.mp4", HALF)
    stage.start_server()
    until(lambda: begun(stage, entry), "the worker to begin")
    slow = stage.worker_of(entry)
    assert slow is not None
    stage.kill_server()
    os.kill(slow, signal.SIGSTOP)
    with stage.library.database.writing() as session:
        session.get_one(queue.AnalysisRow, entry.id).worker_host = "elsewhere"
    passed_s = [0.0]
    monitor = HeartbeatMonitor[queue.Claim](lambda: passed_s[0])
    assert liveness.mark_dead_workers(stage.library, monitor) == []
    passed_s[0] += liveness.HEARTBEAT_TIMEOUT_S + 1
    assert liveness.mark_dead_workers(stage.library, monitor) == [entry.id]
    resume(stage.repository, entry.id)
    stage.start_server()
    until(lambda: stage.worker_of(entry) not in {None, slow}, "another worker to take over")
    os.kill(slow, signal.SIGCONT)
    until(lambda: stage.repository.get(entry.id).state.is_over, "the other to end")
    assert_equal(stage.repository.load_analysis(entry.id), uninterrupted)
    until(lambda: not Path(f"/proc/{slow}/cmdline").exists() or not Path(f"/proc/{slow}/cmdline").read_bytes(),
          "the slow one to leave")  # fmt: skip
    assert stage.library.storage.keys(entry.id) == [f"{entry.id}/timeline.parquet"]


_CUT_ONCE = """
CREATE SEQUENCE ends;
CREATE FUNCTION cut_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- What a sequence gave out is not taken back with the transaction.
    IF nextval('ends') = 1 THEN
        PERFORM pg_terminate_backend(pg_backend_pid());
        PERFORM pg_sleep(1);
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER cut BEFORE UPDATE ON analyses FOR EACH ROW WHEN (NEW.state = 'done') EXECUTE FUNCTION cut_once();
"""


@pytest.mark.parametrize("keep_video", [False, True])
def test_losing_the_database_at_the_end_loses_nothing(
    stage: Scene, postgres: Server, clip: Path, keep_video: bool
) -> None:
    with postgres.connect(stage.library.database.url.database or "") as connection:
        connection.execute(_CUT_ONCE)
    entry = stage.repository.add(clip, "a.mp4", JobSettings(fps=2, end_s=2, keep_video=keep_video))
    stage.start_server()
    until(lambda: stage.repository.get(entry.id).state.is_over, "the end of the analysis to be saved")
    after = stage.repository.get(entry.id)
    assert (after.state, after.note, after.has_video) == (State.DONE, "", keep_video)
    assert after.done == len(stage.repository.load_analysis(entry.id).frames) == 4


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["machine", "connection", "database"])
def test_kills_change_no_timeline_and_leave_no_files(stage: Scene, clip: Path, kind: str) -> None:
    """Rounds are played until one had a kill; ``python -m tests.stress kills`` plays many, on real clips."""
    stage.start_server()
    reference, outcome, rng = undisturbed(stage, clip, 3.0), Outcome(), random.Random(7)
    while not outcome.killed and outcome.rounds < 6:
        play_round(stage, reference, kind, rng, outcome)
    assert outcome.killed >= 1
    assert outcome.done == outcome.identical == outcome.rounds
    assert (outcome.files_left, outcome.processes_left) == (0, 0)
