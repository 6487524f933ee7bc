"""Detects dead workers by process ID and stale heartbeats, timed with the observer's monotonic clock."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Generic, TypeVar

from sqlalchemy import select

from emotion.engine.storage import timeline_key, video_key
from emotion.errors import EmotionError, TimelineError
from emotion.library.entries import State
from emotion.library.jobs.outcomes import Outcome, complete_analysis, finish
from emotion.library.jobs.queue import Claim, host, is_valid, requeue
from emotion.library.library import Library
from emotion.library.mapping import is_live, readable_rows
from emotion.library.orm import AnalysisRow

HEARTBEAT_TIMEOUT_S = 60.0
"""A worker on another machine is dead after this long without a heartbeat; here, its process is checked."""
START_TIMEOUT_S = 5.0
"""A claim on this machine without a process is released after this time, s: its server ended too early."""

_PROCESSES = Path("/proc")

log = logging.getLogger(__name__)

K = TypeVar("K")


class HeartbeatMonitor(Generic[K]):
    """Measures how long heartbeats have not changed.

    A heartbeat is a timestamp from another machine, whose clock may differ or be set. So its age is not computed from
    the timestamp: a heartbeat is stale when this process has seen the same value for long enough.

    Args:
        clock: Monotonic clock, in seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seen: dict[K, tuple[object, float]] = {}

    def unchanged_s(self, heartbeats: Mapping[K, object]) -> dict[K, float]:
        """Return for how many seconds each heartbeat has been the same; 0 for a new key.

        Args:
            heartbeats: The current value of each. Keys that are missing are forgotten.
        """
        moment, before = self._clock(), self._seen
        self._seen = {
            key: before[key] if key in before and before[key][0] == value else (value, moment)
            for key, value in heartbeats.items()
        }
        return {key: moment - since for key, (_, since) in self._seen.items()}


def mark_dead_workers(library: Library, monitor: HeartbeatMonitor[Claim] | None = None) -> list[str]:
    """Mark analyses whose workers have died as interrupted, and return their IDs.

    An analysis whose worker never started, because its server ended first, is queued again. Live recordings have no
    worker; see :func:`emotion.library.jobs.recordings.close_stale_recordings`.

    Args:
        library: The library to check.
        monitor: Monitor of the workers' heartbeats, kept between calls; without it, no heartbeat counts as stale.
    """
    with library.database.reading() as session:
        running = readable_rows(session, select(AnalysisRow).where(AnalysisRow.state == State.RUNNING))
    workers = {Claim(row.id, row.run or ""): row for row in running if not is_live(row)}
    heartbeats = {claim: row.heartbeat_at for claim, row in workers.items()}
    unchanged_s = (monitor or HeartbeatMonitor()).unchanged_s(heartbeats)
    dead = [row for claim, row in workers.items() if not _is_alive(row, unchanged_s[claim])]
    return [row.id for row in dead if _try_mark(library, row)]


def _try_mark(library: Library, row: AnalysisRow) -> bool:
    """Mark one analysis as interrupted or queue it again; log a failure, such as a read-only disk."""
    claim = Claim(row.id, row.run or "")
    try:
        if row.worker_pid is None and not library.storage.exists(timeline_key(row.id)):
            log.warning("analysis %s was claimed, but its worker never started; it is queued again", row.id)
            requeue(library, claim)
        else:
            mark_interrupted(library, claim, "its process ended unexpectedly")
    except (EmotionError, OSError) as error:
        log.warning("analysis %s lost its worker, but cannot be marked as interrupted yet: %s", row.id, error)
        return False
    return True


def mark_interrupted(library: Library, claim: Claim, reason: str, *, crashed: bool = False) -> None:
    """Mark an analysis whose worker has died as interrupted; do nothing if the claim is no longer valid.

    Args:
        library: The library that contains it.
        claim: The dead worker's claim.
        reason: Why the worker died, as a clause.
        crashed: Whether the video caused it; the analysis then counts as failed, since a retry would crash again.
    """
    if not is_valid(library, claim):
        return
    if library.storage.exists(timeline_key(claim.id)):
        try:
            complete_analysis(library, claim)
            return
        except TimelineError as error:
            log.warning("the timeline of analysis %s is damaged and is deleted: %s", claim.id, error)
            library.storage.remove(timeline_key(claim.id))
            reason = f"its results are damaged and {reason}"
    state, verb = (State.FAILED, "failed") if crashed else (State.INTERRUPTED, "was interrupted")
    note = f"The analysis {verb}, as {reason}; {describe_kept(library, claim.id)}."
    finish(library, claim, Outcome(state, note, keeps_video=library.storage.exists(video_key(claim.id))))


def describe_kept(library: Library, entry_id: str) -> str:
    """Return a clause that says how much of an interrupted analysis is kept."""
    try:
        until_s = library.checkpoint(entry_id).until_s()
    except TimelineError as error:
        log.warning("the checkpoint of analysis %s cannot be read: %s", entry_id, error)
        return "the results so far cannot be read"
    return "there are no results yet" if until_s is None else f"everything up to {until_s:.1f} s of the video is kept"


def _is_alive(row: AnalysisRow, unchanged_s: float) -> bool:
    """Return whether a worker is alive: by its process on this machine, by its heartbeat on another one."""
    stale = unchanged_s > HEARTBEAT_TIMEOUT_S
    if row.worker_host != host() or not _PROCESSES.is_dir():
        return not stale
    if row.worker_pid is None:
        # The worker is about to start, or about to store its process ID.
        return unchanged_s <= START_TIMEOUT_S or _has_process(row.run or "")
    command = _command_of(row.worker_pid)
    if command is None:
        return False
    if not command:
        # The process is exiting. Leave it to its parent, which learns the exit status within a second.
        return not stale
    return row.id.encode() in command  # PIDs are reused


def _has_process(run: str) -> bool:
    """Return whether a process on this machine was started for a claim."""
    pids = (int(path.name) for path in _PROCESSES.iterdir() if path.name.isdigit())
    return any(run.encode() in (_command_of(pid) or b"") for pid in pids)


def _command_of(pid: int) -> bytes | None:
    """Return the command line of a process on this machine; None without a process, or if it is another user's.

    It is empty while a process is exiting and its parent has not reaped it yet (proc(5)).
    """
    try:
        return (_PROCESSES / str(pid) / "cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return None
