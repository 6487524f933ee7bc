"""Kills processes during analyses at random times, and compares the results with an undisturbed run."""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from bench.common.postgres import running_postgres
from emotion.library import Entry, JobSettings, State
from emotion.library.jobs import resume
from emotion.types import Analysis
from tests.stress.torture.scene import Scene, retry, scene

PARTS = {"portrait_d6.mp4": 1.0, "concert_cuts_360p.mp4": 2.0, "face_then_none_hevc.mov": 1.5}
"""Clip → start of the part to analyse, s."""
PART_S = 3.0
ROUND_S = 240.0
"""A round that takes longer counts as lost, s."""
_POLL_INTERVAL_S = 0.05
_LEAVE_S = 15.0
"""Time for processes to end after the analysis, s."""

Strike = Callable[[Scene, Entry, random.Random], bool]


@dataclass
class Outcome:
    """The results of the rounds of one kind of kill.

    Attributes:
        rounds: Number of rounds.
        killed: Number of kills.
        resumed: How often an analysis was interrupted and resumed.
        done: Number of completed analyses.
        identical: Number of results that equal those of the undisturbed run bit for bit.
        files_left: Leftover files.
        processes_left: Leftover processes.
    """

    rounds: int = 0
    killed: int = 0
    resumed: int = 0
    done: int = 0
    identical: int = 0
    files_left: int = 0
    processes_left: int = 0


@dataclass(frozen=True, slots=True)
class Undisturbed:
    """An analysis of a part of a clip without kills.

    Attributes:
        clip: The file.
        settings: The part.
        bits: Digest of the results.
        took_s: Duration of the analysis, s.
    """

    clip: Path
    settings: JobSettings
    bits: str
    took_s: float


def measure_kills(clips: Path, rounds: int, kinds: Collection[str], seed: int = 1) -> dict[str, dict[str, Any]]:
    """Return the results for each kind of kill.

    Args:
        clips: Folder of the shared clips.
        rounds: Number of rounds of each kind.
        kinds: Keys of :data:`STRIKES`.
        seed: Seed of the times of kills.
    """
    found = {}
    with running_postgres() as postgres:
        for kind in kinds:
            folder = Path(tempfile.mkdtemp(prefix="emotion-kills-"))
            try:
                with scene(folder / "library", postgres, f"kills_{kind}") as stage:
                    outcome = torture(stage, [clips / name for name in PARTS], kind, rounds, seed, PART_S)
            finally:
                shutil.rmtree(folder)
            found[kind] = asdict(outcome) | {"seed": seed}
    return found


def torture(stage: Scene, clips: list[Path], kind: str, rounds: int, seed: int, part_s: float) -> Outcome:
    """Run the rounds of one kind, each on the next clip."""
    rng, outcome = random.Random(f"{seed} {kind}"), Outcome()
    stage.start_server()
    undisturbed(stage, clips[0], part_s)  # waits for the server, whose start would otherwise count
    references = [undisturbed(stage, clip, part_s) for clip in clips]
    for number in range(rounds):
        play_round(stage, references[number % len(references)], kind, rng, outcome)
        print(f"{kind}, round {number + 1}: {outcome}", flush=True)
    return outcome


def undisturbed(stage: Scene, clip: Path, part_s: float) -> Undisturbed:
    """Analyse a part of a clip without kills.

    Raises:
        RuntimeError: The analysis fails or takes too long.
    """
    start_s = PARTS.get(clip.name, 0.0)
    settings = JobSettings(start_s=start_s, end_s=start_s + part_s)
    entry, began = stage.repository.add(clip, clip.name, settings), time.monotonic()
    while not (entry := stage.repository.get(entry.id)).state.is_over:
        _expect(time.monotonic() - began < ROUND_S, f"{clip.name} to be analysed within {ROUND_S:g} s")
        time.sleep(_POLL_INTERVAL_S)
    took_s = time.monotonic() - began
    _expect(entry.state is State.DONE, f"an undisturbed run to succeed; {entry.note}")
    reference = Undisturbed(clip, settings, bits(stage.repository.load_analysis(entry.id)), took_s)
    stage.repository.delete(entry.id)
    return reference


def play_round(stage: Scene, reference: Undisturbed, kind: str, rng: random.Random, outcome: Outcome) -> None:
    """Run one analysis with kills until it is done or :data:`ROUND_S` have passed.

    Args:
        stage: The library and its servers.
        reference: The part of a clip, and its undisturbed results.
        kind: Kind of kill, a key of :data:`STRIKES`.
        rng: Chooses the times.
        outcome: Gets the results of the round.
    """
    strike, times, share = STRIKES[kind]
    gap_s = share * reference.took_s
    entry = retry(partial(stage.repository.add, reference.clip, reference.clip.name, reference.settings))
    began = time.monotonic()
    left, next_s = rng.randint(*times), began + rng.uniform(0, gap_s)
    while (entry := _current(stage, entry)).state is not State.DONE and time.monotonic() - began < ROUND_S:
        if entry.can_resume:
            retry(partial(resume, stage.repository, entry.id))
            outcome.resumed += 1
        if left and time.monotonic() >= next_s:
            killed_one = retry(partial(strike, stage, entry, rng))
            left, outcome.killed = left - killed_one, outcome.killed + killed_one
            # If there was no process to kill, try again soon.
            next_s = time.monotonic() + rng.uniform(0, gap_s if killed_one else gap_s / 10)
        if stage.servers[-1].poll() is not None:
            # Restart it, as a service manager would.
            stage.start_server()
        time.sleep(_POLL_INTERVAL_S)
    outcome.rounds += 1
    _check_result(stage, entry, reference, outcome)


def _current(stage: Scene, entry: Entry) -> Entry:
    return retry(partial(stage.repository.get, entry.id))


def _check_result(stage: Scene, entry: Entry, reference: Undisturbed, outcome: Outcome) -> None:
    outcome.processes_left += _leftover_processes(stage)
    if entry.state is not State.DONE:
        print(f"{entry.id} is {entry.state}: {entry.note}", flush=True)
        return
    outcome.done += 1
    analysis = retry(partial(stage.repository.load_analysis, entry.id))
    outcome.identical += bits(analysis) == reference.bits
    expected = {f"analyses/{entry.id}/timeline.parquet", f"logs/{entry.id}.log"}
    left = set(stage.files()) - expected
    retry(partial(stage.repository.delete, entry.id))
    left |= set(stage.files())
    outcome.files_left += len(left)
    if left:
        print(f"leftover files: {sorted(left)}", flush=True)


def _leftover_processes(stage: Scene) -> int:
    """Return the number of processes other than the server that do not end."""
    until = time.monotonic() + _LEAVE_S
    while True:
        others = set(stage.processes()) - {stage.servers[-1].pid}
        if not others or time.monotonic() > until:
            return len(others)
        time.sleep(_POLL_INTERVAL_S)


def bits(analysis: Analysis) -> str:
    """Return a digest of an analysis: every bit of its tables, and its video, model and settings."""
    digest = hashlib.sha256(repr((analysis.info, analysis.model, analysis.settings, analysis.complete)).encode())
    for table in (analysis.timeline, analysis.frames):
        for name, column in table.items():
            values = column.cat.codes if isinstance(column.dtype, pd.CategoricalDtype) else column
            digest.update(f"{name} {values.dtype} {len(values)}".encode())
            digest.update(values.to_numpy().tobytes())
    return digest.hexdigest()


def _kill_worker(stage: Scene, entry: Entry, rng: random.Random) -> bool:
    del rng
    pid = stage.worker_of(entry)
    if pid is None:
        return False
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def _kill_server(stage: Scene, entry: Entry, rng: random.Random) -> bool:
    del entry, rng
    if stage.servers[-1].poll() is not None:
        return False
    stage.kill_server()
    return True


def _kill_both(stage: Scene, entry: Entry, rng: random.Random) -> bool:
    return _kill_worker(stage, entry, rng) and _kill_server(stage, entry, rng)


def _cut_connection(stage: Scene, entry: Entry, rng: random.Random) -> bool:
    del entry
    if not (backends := stage.backends()):
        return False
    stage.cut(rng.choice(backends))
    return True


def _crash_database(stage: Scene, entry: Entry, rng: random.Random) -> bool:
    """Kill a PostgreSQL process; PostgreSQL then ends all of them and recovers."""
    del entry
    if not (backends := stage.backends()):
        return False
    try:
        os.kill(rng.choice(backends), signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


STRIKES: dict[str, tuple[Strike, tuple[int, int], float]] = {
    "worker": (_kill_worker, (2, 4), 0.7),
    "server": (_kill_server, (2, 4), 0.5),
    "machine": (_kill_both, (2, 4), 0.7),
    "connection": (_cut_connection, (5, 10), 0.2),
    "database": (_crash_database, (2, 4), 0.5),
}
"""Kind of kill → function; least and greatest number of kills in a round; longest gap between them, as a share of the
duration of an undisturbed run."""


def _expect(met: bool, what: str) -> None:
    if not met:
        raise RuntimeError(f"expected {what}")
