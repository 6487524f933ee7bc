"""Live recordings: analyses without a video, which a server writes frame by frame while a camera runs.

Such an analysis is running from its beginning and never waits in the queue, no worker takes it, and it counts for none
of the analyses that may run at once. Its server says every second that it lives; where it no longer does, a dispatcher
closes the recording and keeps all that was written.
"""

from __future__ import annotations

import os
import uuid
from dataclasses import replace
from pathlib import Path

from sqlalchemy import select

from emotion.engine.storage import timeline_key
from emotion.library.door import Door
from emotion.library.entries import JobSettings, State, clean_title
from emotion.library.jobs.queue import Claim, Outcome, conclude, finish, host, is_valid
from emotion.library.library import Library
from emotion.library.mapping import is_live, new_row, now, words_of
from emotion.library.orm import AnalysisRow
from emotion.library.repository import Repository
from emotion.library.silence import Silence
from emotion.limits import limits

SILENT_S = 20.0
"""A recording that has said nothing for so long is over: its server says something every second."""
BROKE_OFF = "The recording broke off, as the server that made it ended unexpectedly"

_PROCESSES = Path("/proc")


def begin_recording(repository: Repository, title: str, source: str, settings: JobSettings) -> Claim:
    """Put an analysis into the library that this process writes, and return the right to do so.

    Args:
        repository: Where it goes.
        title: For people; the source's name if empty.
        source: What the pictures come from, for people.
        settings: Model and detector.

    Raises:
        TooLargeError: The disk is too full, or the owner has enough in the library.
        LibraryError: The library does not answer.
    """
    source = clean_title(source)
    Door(repository, source, limits()).check_room()
    row = new_row(
        uuid.uuid4().hex, repository.owner, source, clean_title(title or source), replace(settings, live=True)
    )
    row.words = words_of(row)
    row.state, row.note, row.run = State.RUNNING, "", uuid.uuid4().hex
    row.worker_host, row.worker_pid = host(), os.getpid()
    row.started_at = row.heartbeat_at = now()
    with repository.library.database.writing() as session:
        session.add(row)
        return Claim(row.id, str(row.run))


def close_recording(library: Library, claim: Claim, why: str = "") -> None:
    """End a recording: its parts become one timeline. Without a valid claim nothing is touched.

    Args:
        library: Where it is.
        claim: The right to write it.
        why: What ended it before its time, as a clause; empty if it was stopped.

    Raises:
        LibraryError: The library does not answer. What was written stays, and a dispatcher closes it later.
        OSError: The timeline cannot be written; likewise.
    """
    if not is_valid(library, claim):
        return
    parts, key = library.parts(claim.id), timeline_key(claim.id)
    if not parts and not library.storage.exists(key):
        note = f"{why}; nothing was recorded yet." if why else "It was stopped before anything was recorded."
        finish(library, claim, Outcome(State.CANCELLED, note))
        return
    if parts:
        note = f"{why}; everything up to {parts.until_s():.1f} s of it is kept." if why else ""
        parts.merge(key, note)
    conclude(library, claim)


def close_broken(library: Library, silence: Silence[Claim] | None = None) -> list[str]:
    """Close the recordings whose servers are gone, keeping what was written, and return their ids.

    Args:
        library: Where they are.
        silence: How long each recording was heard to say nothing; without it, none counts as silent.

    Raises:
        LibraryError: The library does not answer.
    """
    with library.database.reading() as session:
        running = session.scalars(select(AnalysisRow).where(AnalysisRow.state == State.RUNNING)).all()
    recordings = {Claim(row.id, row.run or ""): row for row in running if is_live(row)}
    silent_s = (silence or Silence()).listen({claim: row.heartbeat_at for claim, row in recordings.items()})
    broken = [claim for claim, row in recordings.items() if _is_gone(row) or silent_s[claim] > SILENT_S]
    for claim in broken:
        close_recording(library, claim, BROKE_OFF)
    return [claim.id for claim in broken]


def _is_gone(row: AnalysisRow) -> bool:
    """Return whether a recording's server was on this machine and is no more.

    A process of its number may be another one, so that silence tells too.
    """
    here = row.worker_host == host() and _PROCESSES.is_dir()
    return here and not (_PROCESSES / str(row.worker_pid)).is_dir()
