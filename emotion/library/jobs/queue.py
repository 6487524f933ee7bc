"""The queue: claims and progress of analyses; safe with several servers on one database."""

from __future__ import annotations

import socket
import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from emotion.engine.storage import video_key
from emotion.errors import LibraryError
from emotion.library.database import QUEUE_LOCK, WORK_LOCK
from emotion.library.entries import Entry, State
from emotion.library.library import Library
from emotion.library.mapping import (
    DAMAGED_ROW_ERRORS,
    DAMAGED_ROW_NOTE,
    end_of_queue,
    expiry,
    is_live,
    now,
    readable_rows,
    retention_days_of,
    row_of,
    to_entry,
)
from emotion.library.orm import AnalysisRow
from emotion.library.repository import Repository


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to work on an analysis, valid until another process claims it.

    Attributes:
        id: ID of the analysis.
        run: Number of the claim.
    """

    id: str
    run: str


def host() -> str:
    """Return an ID of this machine among those that use the same database."""
    return socket.gethostname()


def cancel(repository: Repository, entry_id: str) -> None:
    """Cancel an analysis: at once if queued, else its worker stops soon and keeps the results so far."""
    with repository.library.database.writing() as session:
        row = row_of(session, entry_id, repository.owner, lock=True)
        row.cancel_asked = True
        drop = row.state == State.QUEUED and _cancel_at_once(session, row)
    if drop:
        _drop_video(repository.library, entry_id)


def _cancel_at_once(session: Session, row: AnalysisRow) -> bool:
    """Cancel an analysis that has no worker, and return whether its video must be deleted."""
    row.state, row.note, row.finished_at = State.CANCELLED, "Cancelled while it was queued.", now()
    row.kept_until = expiry(row, retention_days_of(session, row.owner))
    drop = not row.settings["keep_video"]
    row.has_video = row.has_video and not drop
    return drop


def _drop_video(library: Library, entry_id: str) -> None:
    """Delete the video of a cancelled analysis, which then no longer counts towards the owner's quota."""
    library.storage.remove(video_key(entry_id))
    size = library.storage.used_bytes(entry_id)
    with library.database.writing() as session:
        session.execute(update(AnalysisRow).where(AnalysisRow.id == entry_id).values(bytes=size))


def resume(repository: Repository, entry_id: str) -> None:
    """Queue an interrupted analysis again, to continue from its checkpoint.

    Raises:
        LibraryError: It was not interrupted, or its video is deleted.
    """
    with repository.library.database.writing(QUEUE_LOCK) as session:
        row = row_of(session, entry_id, repository.owner, lock=True)
        if not to_entry(row).can_resume:
            expected = "expected an interrupted analysis whose video is still stored"
            raise LibraryError(f"{expected}; {row.title} is {row.state}")
        row.state, row.note, row.cancel_asked = State.QUEUED, "", False
        row.queued_at, row.finished_at, row.kept_until = end_of_queue(session), None, None


def place_in_queue(repository: Repository, entry_id: str) -> int | None:
    """Return the number of analyses queued before this one; None if it is not queued."""
    with repository.library.database.reading() as session:
        row_of(session, entry_id, repository.owner)
    return places_in_queue(repository).get(entry_id)


def places_in_queue(repository: Repository) -> dict[str, int]:
    """Return, for each of an owner's queued analyses, the number of analyses queued before it."""
    place = func.row_number().over(order_by=(AnalysisRow.queued_at, AnalysisRow.id)) - 1
    waiting = select(AnalysisRow.id, AnalysisRow.owner, place.label("place")).where(AnalysisRow.state == State.QUEUED)
    everybody = waiting.subquery()
    with repository.library.database.reading() as session:
        found = session.execute(select(everybody.c.id, everybody.c.place).where(everybody.c.owner == repository.owner))
        return {entry_id: int(before) for entry_id, before in found}


def claim_next(library: Library, at_once: int) -> Claim | None:
    """Claim the first queued analysis; None if there is none or this machine runs its maximum.

    Safe with concurrent servers.
    """
    with library.database.writing(WORK_LOCK) as session:
        running = select(AnalysisRow).where(AnalysisRow.state == State.RUNNING, AnalysisRow.worker_host == host())
        if sum(not is_live(row) for row in readable_rows(session, running)) >= at_once:
            return None
        row = _first_waiting(session)
        if row is None:
            return None
        row.state, row.run, row.worker_host, row.worker_pid = State.RUNNING, uuid.uuid4().hex, host(), None
        row.heartbeat_at, row.rate, row.cancel_asked = now(), 0.0, False
        row.started_at = row.started_at or now()
        return Claim(row.id, row.run)


def _first_waiting(session: Session) -> AnalysisRow | None:
    """Return the analysis that has waited longest, and mark damaged rows before it as failed."""
    waiting = select(AnalysisRow.id).where(AnalysisRow.state == State.QUEUED)
    first = waiting.order_by(AnalysisRow.queued_at, AnalysisRow.id).limit(1).with_for_update()
    while (entry_id := session.scalar(first)) is not None:
        try:
            row = session.get_one(AnalysisRow, entry_id)
            to_entry(row)
            return row
        except DAMAGED_ROW_ERRORS:
            failed = (
                update(AnalysisRow).where(AnalysisRow.id == entry_id).values(state=State.FAILED, note=DAMAGED_ROW_NOTE)
            )
            session.execute(failed, execution_options={"synchronize_session": False})
    return None


def requeue(library: Library, claim: Claim) -> bool:
    """Put an analysis whose worker never started back in its place in the queue; return whether the claim was valid.

    If it was cancelled in the meantime, it ends as cancelled.
    """
    with library.database.writing(QUEUE_LOCK) as session:
        row = session.scalar(select(AnalysisRow).where(*held_by(claim)).with_for_update())
        if row is None:
            return False
        row.state, row.run, row.worker_host, row.heartbeat_at = State.QUEUED, None, None, None
        drop = row.cancel_asked and _cancel_at_once(session, row)
    if drop:
        _drop_video(library, claim.id)
    return True


def register_worker(library: Library, claim: Claim, pid: int) -> Entry:
    """Store the ID of the process that works on a claim, and return the analysis.

    Raises:
        LibraryError: The claim is no longer valid.
    """
    with library.database.writing() as session:
        row = session.scalar(select(AnalysisRow).where(*held_by(claim)).with_for_update())
        if row is None:
            raise LibraryError("the analysis was taken by another worker, or deleted")
        row.worker_pid, row.worker_host, row.heartbeat_at = pid, host(), now()
        return to_entry(row)


def record_heartbeat(library: Library, claim: Claim, done: int, total: int, rate: float) -> bool | None:
    """Store a heartbeat and the progress, and return whether to stop.

    Returns:
        None if the claim is no longer valid.
    """
    values = {"heartbeat_at": now(), "rate": rate} | ({"done": done, "total": total} if done else {})
    with library.database.writing() as session:
        changed = update(AnalysisRow).where(*held_by(claim)).values(values).returning(AnalysisRow.cancel_asked)
        return session.scalar(changed)


def is_valid(library: Library, claim: Claim) -> bool:
    """Return whether a claim is still valid."""
    with library.database.reading() as session:
        return session.scalar(select(AnalysisRow.id).where(*held_by(claim))) is not None


def held_by(claim: Claim) -> tuple[Any, ...]:
    """Return the conditions for the row of a claim, which is found only while the claim is valid."""
    return AnalysisRow.id == claim.id, AnalysisRow.run == claim.run, AnalysisRow.state == State.RUNNING
