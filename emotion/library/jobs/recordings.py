"""Live recordings: analyses without a video that a server writes frame by frame from a camera.

A recording is running from the start. It is never queued, has no worker, and does not count towards the limit of
concurrent analyses. Its server sends a heartbeat every second; if that stops, a dispatcher closes the recording and
keeps everything written so far.
"""

from __future__ import annotations

import logging
import os
import uuid
from dataclasses import replace
from pathlib import Path

from sqlalchemy import select

from emotion.engine.checkpoint import Checkpoint
from emotion.engine.storage import timeline_key
from emotion.errors import EmotionError, TimelineError
from emotion.library.entries import JobSettings, State, clean_title
from emotion.library.jobs.liveness import HeartbeatMonitor
from emotion.library.jobs.outcomes import Outcome, complete_analysis, finish
from emotion.library.jobs.queue import Claim, host, is_valid
from emotion.library.library import Library
from emotion.library.mapping import is_live, new_row, now, readable_rows, search_text
from emotion.library.orm import AnalysisRow
from emotion.library.repository import Repository
from emotion.library.upload_limits import UploadLimits
from emotion.limits import limits

HEARTBEAT_TIMEOUT_S = 20.0
"""A recording without a heartbeat for this long is over: its server sends one every second."""
BROKE_OFF = "The recording was interrupted: its server stopped unexpectedly"

_PROCESSES = Path("/proc")

log = logging.getLogger(__name__)


def begin_recording(repository: Repository, title: str, source: str, settings: JobSettings) -> Claim:
    """Create an analysis that this process writes, and return the claim to it.

    Args:
        repository: The owner's repository.
        title: Title; the source's name if empty.
        source: Name of the camera.
        settings: Model and detector.

    Raises:
        TooLargeError: The disk is too full or the owner's quota is used up.
        LibraryError: The database does not respond.
    """
    source = clean_title(source)
    UploadLimits(repository, source, limits()).check_room()
    row = new_row(
        uuid.uuid4().hex, repository.owner, source, clean_title(title or source), replace(settings, live=True)
    )
    row.words = search_text(row)
    row.state, row.note, row.run = State.RUNNING, "", uuid.uuid4().hex
    row.worker_host, row.worker_pid = host(), os.getpid()
    row.started_at = row.heartbeat_at = now()
    with repository.library.database.writing() as session:
        session.add(row)
        return Claim(row.id, str(row.run))


def close_recording(library: Library, claim: Claim, why: str = "") -> None:
    """End a recording and merge its checkpoint into one timeline; do nothing if the claim is no longer valid.

    A damaged part is left out with those after it: a recording that stayed open could never be deleted.

    Args:
        library: The library that contains it.
        claim: The claim to write it.
        why: Why it ended early, as a clause; empty if it was stopped.

    Raises:
        LibraryError: The database does not respond. What was written is kept, and a dispatcher closes it later.
        OSError: The timeline cannot be written; likewise.
    """
    if not is_valid(library, claim):
        return
    parts, key = library.checkpoint(claim.id), timeline_key(claim.id)
    try:
        _merge(parts, key, why)
    except TimelineError:
        why = why or "A part of the recording is damaged"
        parts.drop_damaged()
        _merge(parts, key, why)
    if library.storage.exists(key):
        complete_analysis(library, claim)
        return
    note = f"{why}; nothing was recorded yet." if why else "Stopped before anything was recorded."
    finish(library, claim, Outcome(State.CANCELLED, note))


def _merge(parts: Checkpoint, key: str, why: str) -> None:
    """Merge all parts into one timeline, if there are any."""
    if (until_s := parts.until_s()) is not None:
        parts.merge(key, f"{why}; everything up to {until_s:.1f} s of it is kept." if why else "")


def close_stale_recordings(library: Library, monitor: HeartbeatMonitor[Claim] | None = None) -> list[str]:
    """Close recordings whose servers have died, keep what was written, and return their IDs.

    One that cannot be closed, as on a full disk, stays open for the next call and is left out.

    Args:
        library: The library to check.
        monitor: Monitor of the recordings' heartbeats; without it, no heartbeat counts as stale.

    Raises:
        LibraryError: The database does not respond.
    """
    with library.database.reading() as session:
        running = readable_rows(session, select(AnalysisRow).where(AnalysisRow.state == State.RUNNING))
    recordings = {Claim(row.id, row.run or ""): row for row in running if is_live(row)}
    unchanged_s = (monitor or HeartbeatMonitor()).unchanged_s(
        {claim: row.heartbeat_at for claim, row in recordings.items()}
    )
    broken = [
        claim for claim, row in recordings.items() if _has_exited(row) or unchanged_s[claim] > HEARTBEAT_TIMEOUT_S
    ]
    return [claim.id for claim in broken if _try_to_close(library, claim)]


def _try_to_close(library: Library, claim: Claim) -> bool:
    try:
        close_recording(library, claim, BROKE_OFF)
    except (EmotionError, OSError) as error:
        log.warning("recording %s was interrupted, but cannot be closed yet: %s", claim.id, error)
        return False
    return True


def _has_exited(row: AnalysisRow) -> bool:
    """Return whether the server of a recording ran on this machine and has exited.

    PIDs are reused, so callers check the heartbeat as well.
    """
    here = row.worker_host == host() and _PROCESSES.is_dir()
    return here and not (_PROCESSES / str(row.worker_pid)).is_dir()
