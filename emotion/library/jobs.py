"""The queue: who may take which analysis, how far it is, and how it ended. Safe with many servers on one database."""

from __future__ import annotations

import logging
import socket
import uuid
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import func, select, update

from emotion.analytics.files import load_parquet
from emotion.analytics.summary import summarise
from emotion.errors import EmotionError, LibraryError, TimelineError
from emotion.library.database import QUEUE_LOCK, WORK_LOCK
from emotion.library.entries import LOCAL, Entry, State
from emotion.library.rows import end_of_queue, expiry, is_live, now, retention_days_of, row_of, to_entry
from emotion.library.silence import Silence
from emotion.library.storage import timeline_key, video_key
from emotion.library.store import Library
from emotion.library.tables import AnalysisRow
from emotion.types import Analysis

SILENT_S = 60.0
"""A worker on another machine that has said nothing for so long is dead; one on this machine is looked at."""

_PROCESSES = Path("/proc")

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to work on an analysis, which ends when somebody else gets it.

    Attributes:
        id: Of the analysis.
        run: Of the right.
    """

    id: str
    run: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended.

    Attributes:
        state: In which state.
        note: Why it is not complete, in one sentence for people.
        summary: The figures, if there is a timeline.
        keeps_video: Whether the video is still there.
    """

    state: State
    note: str = ""
    summary: dict[str, Any] | None = None
    keeps_video: bool = False


def host() -> str:
    """Return what tells this machine from others that use the same database."""
    return socket.gethostname()


def cancel(library: Library, entry_id: str, *, owner: str = LOCAL) -> None:
    """Ask that an analysis stops; what is done is kept. One that waits is over at once, one that is over stays so."""
    with library.database.writing() as session:
        row = row_of(session, entry_id, owner, lock=True)
        row.cancel_asked = True
        if row.state == State.QUEUED:
            row.state, row.note, row.finished_at = State.CANCELLED, "It was cancelled before it began.", now()
            row.kept_until = expiry(row, retention_days_of(session, owner))
            drop = not row.settings["keep_video"]
            row.has_video = row.has_video and not drop
        else:
            drop = False
    if drop:
        library.storage.remove(video_key(entry_id))


def resume(library: Library, entry_id: str, *, owner: str = LOCAL) -> None:
    """Put an analysis that broke off back into the queue, to go on from what is kept.

    Raises:
        LibraryError: It did not break off, or its video is gone.
    """
    with library.database.writing(QUEUE_LOCK) as session:
        row = row_of(session, entry_id, owner, lock=True)
        if not to_entry(row).can_resume:
            expected = "expected an analysis that broke off and whose video is still there"
            raise LibraryError(f"{expected}; {row.title} is {row.state}")
        row.state, row.note, row.cancel_asked = State.QUEUED, "", False
        row.queued_at, row.finished_at, row.kept_until = end_of_queue(session), None, None


def place_in_queue(library: Library, entry_id: str, *, owner: str = LOCAL) -> int | None:
    """Return how many analyses will begin before this one; None if it does not wait."""
    with library.database.reading() as session:
        row = row_of(session, entry_id, owner)
        if row.state != State.QUEUED:
            return None
        before = select(func.count()).where(
            AnalysisRow.state == State.QUEUED,
            (AnalysisRow.queued_at < row.queued_at)
            | ((AnalysisRow.queued_at == row.queued_at) & (AnalysisRow.id < row.id)),
        )
        return session.scalar(before) or 0


def claim_next(library: Library, at_once: int) -> Claim | None:
    """Take the analysis that waited longest; None if none waits or enough of them run on this machine.

    Two servers never get the same one, nor together more than they may.
    """
    with library.database.writing(WORK_LOCK) as session:
        running = select(AnalysisRow).where(AnalysisRow.state == State.RUNNING, AnalysisRow.worker_host == host())
        if sum(not is_live(row) for row in session.scalars(running)) >= at_once:
            return None
        waiting = select(AnalysisRow).where(AnalysisRow.state == State.QUEUED)
        row = session.scalar(waiting.order_by(AnalysisRow.queued_at, AnalysisRow.id).limit(1).with_for_update())
        if row is None:
            return None
        row.state, row.run, row.worker_host, row.worker_pid = State.RUNNING, uuid.uuid4().hex, host(), None
        row.heartbeat_at, row.rate, row.cancel_asked = now(), 0.0, False
        row.started_at = row.started_at or now()
        return Claim(row.id, row.run)


def work_of(library: Library, claim: Claim, pid: int) -> Entry:
    """Note which process works on a claim, and return what is to be done.

    Raises:
        LibraryError: The claim is no longer valid.
    """
    with library.database.writing() as session:
        row = session.scalar(select(AnalysisRow).where(*_held(claim)).with_for_update())
        if row is None:
            raise LibraryError("the analysis was taken by another worker, or deleted")
        row.worker_pid, row.worker_host, row.heartbeat_at = pid, host(), now()
        return to_entry(row)


def beat(library: Library, claim: Claim, done: int, total: int, rate: float) -> bool | None:
    """Note that the worker lives and how far it is, and return whether it is asked to stop.

    Returns:
        None if the claim is no longer valid.
    """
    values = {"heartbeat_at": now(), "rate": rate} | ({"done": done, "total": total} if done else {})
    with library.database.writing() as session:
        changed = update(AnalysisRow).where(*_held(claim)).values(values).returning(AnalysisRow.cancel_asked)
        return session.scalar(changed)


def finish(library: Library, claim: Claim, outcome: Outcome, result: Analysis | None = None) -> bool:
    """Note how a run ended, and return whether the claim was still valid."""
    size = library.storage.used_bytes(claim.id)
    with library.database.writing() as session:
        row = session.scalar(select(AnalysisRow).where(*_held(claim)).with_for_update())
        if row is None:
            return False
        row.state, row.note, row.summary = outcome.state, outcome.note, outcome.summary
        row.finished_at, row.rate, row.run, row.worker_pid = now(), 0.0, None, None
        row.bytes, row.has_video = size, outcome.keeps_video
        if result is not None:
            row.info, row.duration_s = asdict(result.info), result.info.duration_s
            row.done = row.total = len(result.frames)
        row.kept_until = expiry(row, retention_days_of(session, row.owner))
        return True


def conclude(library: Library, claim: Claim) -> None:
    """Finish an analysis whose timeline is written: figures, then tidying up, then the note that it is over.

    In this order nothing that should be gone outlives a worker that dies in between. Without a valid claim
    nothing is touched.
    """
    with library.storage.local(timeline_key(claim.id)) as path:
        result = load_parquet(path)
    figures = summarise(result)
    tracks = figures.pop("tracks")
    figures |= {"people": len(tracks), "faces_s": sum(track["seconds"] for track in tracks)}
    with library.database.reading() as session:
        row = session.scalar(select(AnalysisRow).where(*_held(claim)))
        if row is None:
            return
        stopped, keep = row.cancel_asked and not result.complete, bool(row.settings["keep_video"])
    library.parts(claim.id).clear()
    if not keep:
        library.storage.remove(video_key(claim.id))
    state = State.CANCELLED if stopped else State.DONE
    finish(library, claim, Outcome(state, result.note, figures, keeps_video=keep), result)


def is_valid(library: Library, claim: Claim) -> bool:
    """Return whether a claim still gives the right to work."""
    with library.database.reading() as session:
        return session.scalar(select(AnalysisRow.id).where(*_held(claim))) is not None


def note_the_dead(library: Library, silence: Silence[Claim] | None = None) -> list[str]:
    """Mark the analyses whose workers have died as interrupted, saying what is kept, and return their ids.

    Live recordings have no worker: :func:`emotion.library.recordings.close_broken` looks after them.

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


def _held(claim: Claim) -> tuple[Any, ...]:
    return AnalysisRow.id == claim.id, AnalysisRow.run == claim.run, AnalysisRow.state == State.RUNNING


def _is_dead(row: AnalysisRow, silent: bool) -> bool:
    if row.worker_pid is None or row.worker_host != host() or not _PROCESSES.is_dir():
        return silent
    if _is_unburied(row.worker_pid) and not silent:
        # Its server alone learns how it died. It looks twice a second, and after a look there is no such process.
        return False
    return not _works_on(row.worker_pid, row.id)


def _is_unburied(pid: int) -> bool:
    """Return whether a process has ended and its parent has not looked yet (proc(5): the state behind its name)."""
    try:
        return (_PROCESSES / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def _works_on(pid: int, entry_id: str) -> bool:
    """Return whether a process of this machine is the worker of this analysis: numbers are given out again."""
    try:
        return entry_id.encode() in (_PROCESSES / str(pid) / "cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return False
