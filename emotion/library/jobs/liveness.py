"""Workers that died: who has, how it is told from silence, and what is noted of it."""

from __future__ import annotations

import logging
from pathlib import Path

from sqlalchemy import select

from emotion.engine.storage import timeline_key
from emotion.errors import EmotionError, TimelineError
from emotion.library.entries import State
from emotion.library.jobs.queue import Claim, Outcome, conclude, finish, host, is_valid
from emotion.library.library import Library
from emotion.library.mapping import is_live
from emotion.library.orm import AnalysisRow
from emotion.library.silence import Silence

SILENT_S = 60.0
"""A worker on another machine that has said nothing for so long is dead; one on this machine is looked at."""

_PROCESSES = Path("/proc")

log = logging.getLogger(__name__)


def note_the_dead(library: Library, silence: Silence[Claim] | None = None) -> list[str]:
    """Mark the analyses whose workers have died as interrupted, saying what is kept, and return their ids.

    Live recordings have no worker: :func:`emotion.library.jobs.recordings.close_broken` looks after them.

    Args:
        library: Which library.
        silence: How long each worker was heard to say nothing; without it, nobody counts as silent.
    """
    with library.database.reading() as session:
        running = session.scalars(select(AnalysisRow).where(AnalysisRow.state == State.RUNNING)).all()
    workers = {Claim(row.id, row.run or ""): row for row in running if not is_live(row)}
    silent_s = (silence or Silence()).listen({claim: row.heartbeat_at for claim, row in workers.items()})
    dead = [claim for claim, row in workers.items() if _is_dead(row, silent_s[claim] > SILENT_S)]
    return [claim.id for claim in dead if _is_noted(library, claim)]


def _is_noted(library: Library, claim: Claim) -> bool:
    """Note a death; where that cannot be done yet, such as on a disk that fell read-only, the others are noted."""
    try:
        note_death(library, claim, "its process ended unexpectedly")
    except (EmotionError, OSError) as error:
        log.warning("the death of the worker of analysis %s cannot be noted yet: %s", claim.id, error)
        return False
    return True


def note_death(library: Library, claim: Claim, how: str, *, crashed: bool = False) -> None:
    """Note that a worker has died, saying what is kept; nothing where its claim was no longer valid.

    Args:
        library: Which library.
        claim: What it worked on.
        how: Of what it died, as a clause.
        crashed: Whether that was the video's doing, which would do so again, and not the machine's.
    """
    if not is_valid(library, claim):
        return
    if library.storage.exists(timeline_key(claim.id)):
        conclude(library, claim)
        return
    state, verb = (State.FAILED, "failed") if crashed else (State.INTERRUPTED, "was interrupted")
    note = f"The analysis {verb}, as {how}; {what_is_kept(library, claim.id)}."
    finish(library, claim, Outcome(state, note, keeps_video=True))


def what_is_kept(library: Library, entry_id: str) -> str:
    """Return in words how much of a broken-off analysis is there."""
    try:
        until_s = library.parts(entry_id).until_s()
    except TimelineError as error:
        log.warning("what is kept of analysis %s cannot be read: %s", entry_id, error)
        return "what was done until then cannot be read"
    return "nothing was done yet" if until_s is None else f"everything up to {until_s:.1f} s of the video is kept"


def _is_dead(row: AnalysisRow, silent: bool) -> bool:
    if row.worker_pid is None or row.worker_host != host() or not _PROCESSES.is_dir():
        return silent
    command = _command_of(row.worker_pid)
    if command is None:
        return True
    if not command:
        # Its server alone learns how it died. It looks twice a second, and after a look there is no such process.
        return silent
    return row.id.encode() not in command  # numbers are given out again


def _command_of(pid: int) -> bytes | None:
    """Return the command line of a process of this machine, or None if there is none.

    It is empty from the moment at which a dying process gives its memory back until its parent has looked (proc(5)).
    """
    try:
        return (_PROCESSES / str(pid) / "cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return None
