"""Current metrics from the database and from ``/proc``, without personal data.

Workers are separate processes, on any machine; their progress is in the database and their load in ``/proc``, so they
need not report metrics.
"""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from emotion.library.entries import State
from emotion.library.jobs.queue import host
from emotion.library.library import Library
from emotion.library.mapping import is_live, now
from emotion.library.orm import AnalysisRow
from emotion.settings import library_dir

_PROCESSES = Path("/proc")


@dataclass(frozen=True, slots=True)
class Work:
    """Metrics from the library's database, over all machines and owners.

    Attributes:
        by_state: State → number of analyses.
        frames: Analysed frames of all analyses.
        frames_per_s: Frames per second of all running analyses.
        oldest_s: Waiting time of the next analysis in the queue, or 0.
        stored_bytes: Size of all files.
        worker_pids: Workers on this machine.
        query_s: Time of the queries.
    """

    by_state: dict[State, int]
    frames: int
    frames_per_s: float
    oldest_s: float
    stored_bytes: int
    worker_pids: tuple[int, ...]
    query_s: float


@dataclass(slots=True)
class Load:
    """Totals of some processes.

    Attributes:
        processes: Number of processes.
        resident_bytes: Resident memory; shared pages count once per process.
        open_files: Open files and sockets.
        threads: Number of threads.
    """

    processes: int = 0
    resident_bytes: int = 0
    open_files: int = 0
    threads: int = 0


@dataclass(frozen=True, slots=True)
class Disk:
    """The disk of the library's folder, in bytes."""

    free_bytes: int = 0
    total_bytes: int = 0


def query_work(library: Library) -> Work:
    """Return the metrics in the library's database.

    Raises:
        LibraryError: The database is unavailable.
    """
    started = time.perf_counter()
    with library.database.reading() as session:
        rows = _counts(session)
        oldest = session.scalar(select(func.min(AnalysisRow.queued_at)).where(AnalysisRow.state == State.QUEUED))
        pids = _worker_pids(session)
    taken = time.perf_counter() - started
    return Work(
        by_state={state: rows[state][0] if state in rows else 0 for state in State},
        frames=sum(row[1] for row in rows.values()),
        frames_per_s=rows[State.RUNNING][2] if State.RUNNING in rows else 0.0,
        oldest_s=0.0 if oldest is None else max((now() - oldest).total_seconds(), 0.0),
        stored_bytes=sum(row[3] for row in rows.values()),
        worker_pids=pids,
        query_s=taken,
    )


def _counts(session: Session) -> dict[State, tuple[int, int, float, int]]:
    """Return state → number of analyses, their frames, frames per second and bytes."""
    columns = func.count(), func.sum(AnalysisRow.done), func.sum(AnalysisRow.rate), func.sum(AnalysisRow.bytes)
    rows = session.execute(select(AnalysisRow.state, *columns).group_by(AnalysisRow.state)).all()
    return {State(state): (int(n), int(done), float(rate), int(size)) for state, n, done, rate, size in rows}


def _worker_pids(session: Session) -> tuple[int, ...]:
    running = select(AnalysisRow).where(AnalysisRow.state == State.RUNNING, AnalysisRow.worker_host == host())
    return tuple(row.worker_pid for row in session.scalars(running) if row.worker_pid is not None and not is_live(row))


def measure_load(pids: Iterable[int]) -> Load:
    """Return the total load of processes on this machine; processes that have ended are skipped."""
    load = Load()
    for pid in pids:
        with contextlib.suppress(OSError, KeyError):
            folder = _PROCESSES / str(pid)
            status = dict(line.split(":", 1) for line in (folder / "status").read_text(encoding="utf-8").splitlines())
            files, resident_kib = sum(1 for _ in (folder / "fd").iterdir()), int(status["VmRSS"].split()[0])
            load.processes += 1
            load.open_files += files
            load.resident_bytes += 1024 * resident_kib
            load.threads += int(status["Threads"])
    return load


def disk_of_library() -> Disk:
    """Return the disk of the library's folder; zeros if it cannot be read."""
    try:
        usage = shutil.disk_usage(library_dir())
    except OSError:
        return Disk()
    return Disk(usage.free, usage.total)
