"""Kills what works on an analysis at random moments, lets it go on, and compares what comes out with a quiet run."""

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
from tests.stress.torture.scene import Scene, patiently, scene

PARTS = {"portrait_d6.mp4": 1.0, "concert_cuts_360p.mp4": 2.0, "face_then_none_hevc.mov": 1.5}
"""Clip → where the part of it begins, in seconds."""
PART_S = 3.0
ROUND_S = 240.0
"""A round that has not ended by then counts as lost."""
_POLL_INTERVAL_S = 0.05
_LEAVE_S = 15.0
"""A worker that has noted its end has so long to leave."""

Strike = Callable[[Scene, Entry, random.Random], bool]


@dataclass
class Course:
    """What came of the rounds of one kind.

    Attributes:
        rounds: How many there were.
        killed: How often something was killed.
        resumed: How often an analysis broke off and was resumed.
        done: How many analyses ended well.
        identical: How many of their timelines have every bit of the quiet run's.
        files_left: Files that should be gone.
        processes_left: Processes that should be gone.
    """

    rounds: int = 0
    killed: int = 0
    resumed: int = 0
    done: int = 0
    identical: int = 0
    files_left: int = 0
    processes_left: int = 0


@dataclass(frozen=True, slots=True)
class Quiet:
    """A part of a clip, and what comes of it if nothing happens.

    Attributes:
        clip: The file.
        settings: Which part.
        bits: Digest of all that was found.
        took_s: How long it took, in seconds.
    """

    clip: Path
    settings: JobSettings
    bits: str
    took_s: float


def measure_kills(
    clips: Path, rounds: int, kinds: Collection[str], seed: int = 1, *, part_s: float = PART_S
) -> dict[str, dict[str, Any]]:
    """Return for each kind of kill what came of so many rounds.

    Args:
        clips: Folder of the shared clips.
        rounds: Of each kind.
        kinds: Out of :data:`STRIKES`.
        seed: Of the moments.
        part_s: How much of a clip is analysed, in seconds.
    """
    found = {}
    with running_postgres() as postgres:
        for kind in kinds:
            folder = Path(tempfile.mkdtemp(prefix="emotion-kills-"))
            try:
                with scene(folder / "library", postgres, f"kills_{kind}") as stage:
                    course = torture(stage, [clips / name for name in PARTS], kind, rounds, seed, part_s)
            finally:
                shutil.rmtree(folder)
            found[kind] = asdict(course) | {"seed": seed}
    return found


def torture(stage: Scene, clips: list[Path], kind: str, rounds: int, seed: int, part_s: float) -> Course:
    """Run the rounds of one kind, on one clip after the other."""
    rng, course = random.Random(f"{seed} {kind}"), Course()
    stage.start_server()
    undisturbed(stage, clips[0], part_s)  # until the server has started, so that no time is taken for its
    quiet = [undisturbed(stage, clip, part_s) for clip in clips]
    for number in range(rounds):
        play_round(stage, quiet[number % len(quiet)], kind, rng, course)
        print(f"{kind}, round {number + 1}: {course}", flush=True)
    return course


def undisturbed(stage: Scene, clip: Path, part_s: float) -> Quiet:
    """Return what comes of a part of a clip, and how long that takes, if nothing happens.

    Raises:
        RuntimeError: It does not end well even so.
    """
    start_s = PARTS.get(clip.name, 0.0)
    settings = JobSettings(start_s=start_s, end_s=start_s + part_s)
    entry, began = stage.repository.add(clip, clip.name, settings), time.monotonic()
    while not (entry := stage.repository.get(entry.id)).state.is_over:
        _expect(time.monotonic() - began < ROUND_S, f"{clip.name} to be analysed within {ROUND_S:g} s")
        time.sleep(_POLL_INTERVAL_S)
    took_s = time.monotonic() - began
    _expect(entry.state is State.DONE, f"a quiet run to end well; {entry.note}")
    quiet = Quiet(clip, settings, bits(stage.repository.load_analysis(entry.id)), took_s)
    stage.repository.delete(entry.id)
    return quiet


def play_round(stage: Scene, quiet: Quiet, kind: str, rng: random.Random, course: Course) -> None:
    """Analyse once, with kills, until it is done or it is too late.

    Args:
        stage: Where.
        quiet: What, and what should come of it.
        kind: Of kill, out of :data:`STRIKES`.
        rng: Of the moments.
        course: What is found is added to it.
    """
    strike, times, share = STRIKES[kind]
    gap_s = share * quiet.took_s
    entry = patiently(partial(stage.repository.add, quiet.clip, quiet.clip.name, quiet.settings))
    began = time.monotonic()
    left, next_s = rng.randint(*times), began + rng.uniform(0, gap_s)
    while (entry := _now(stage, entry)).state is not State.DONE and time.monotonic() - began < ROUND_S:
        if entry.can_resume:
            patiently(partial(resume, stage.repository, entry.id))
            course.resumed += 1
        if left and time.monotonic() >= next_s:
            hit = patiently(partial(strike, stage, entry, rng))
            left, course.killed = left - hit, course.killed + hit
            # Where there was nothing to hit, something soon is.
            next_s = time.monotonic() + rng.uniform(0, gap_s if hit else gap_s / 10)
        if stage.servers[-1].poll() is not None:
            # As whoever keeps a server running would.
            stage.start_server()
        time.sleep(_POLL_INTERVAL_S)
    course.rounds += 1
    _judge(stage, entry, quiet, course)


def _now(stage: Scene, entry: Entry) -> Entry:
    return patiently(partial(stage.repository.get, entry.id))


def _judge(stage: Scene, entry: Entry, quiet: Quiet, course: Course) -> None:
    course.processes_left += _stay(stage)
    if entry.state is not State.DONE:
        print(f"{entry.id} is {entry.state}: {entry.note}", flush=True)
        return
    course.done += 1
    analysis = patiently(partial(stage.repository.load_analysis, entry.id))
    course.identical += bits(analysis) == quiet.bits
    rightful = {f"analyses/{entry.id}/timeline.parquet", f"logs/{entry.id}.log"}
    left = set(stage.files()) - rightful
    patiently(partial(stage.repository.delete, entry.id))
    left |= set(stage.files())
    course.files_left += len(left)
    if left:
        print(f"left behind: {sorted(left)}", flush=True)


def _stay(stage: Scene) -> int:
    """Return how many processes besides the server do not go."""
    until = time.monotonic() + _LEAVE_S
    while True:
        others = set(stage.processes()) - {stage.servers[-1].pid}
        if not others or time.monotonic() > until:
            return len(others)
        time.sleep(_POLL_INTERVAL_S)


def bits(analysis: Analysis) -> str:
    """Return a digest of an analysis: every bit of its tables, and all that it was made with."""
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
    """Kill a process of PostgreSQL's, whereupon it ends all of them and recovers."""
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
"""Kind of kill → how; how many times in a round, at least and at most; and how far apart at most, as a share of the
time that a quiet run takes."""


def _expect(met: bool, what: str) -> None:
    if not met:
        raise RuntimeError(f"expected {what}")
