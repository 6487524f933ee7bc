"""Erases everything an owner has in the library: database rows, stored files, clips and logs."""

from __future__ import annotations

import time

from sqlalchemy import delete, select

from emotion.errors import LibraryError, UnknownAnalysisError, count_text
from emotion.library.database import Database
from emotion.library.entries import State
from emotion.library.jobs.clips import clip_file
from emotion.library.jobs.queue import cancel
from emotion.library.orm import AnalysisRow, ApiRequestRow, ApiTokenRow, OwnerRow, StudyRow
from emotion.library.repository import Repository

STOP_TIMEOUT_S = 60.0
"""How long to wait for running analyses. They stop within a second; a new worker loads its model first."""
_POLL_INTERVAL_S = 0.2
_ACTIVE = (str(State.QUEUED), str(State.RUNNING))


def erase_owner(repository: Repository, timeout_s: float = STOP_TIMEOUT_S) -> int:
    """Delete everything an owner has: analyses, studies, videos, clips, logs, settings, tokens and display name.

    SQLite's write-ahead log is emptied as well, as it would keep deleted rows.

    Args:
        repository: The owner's repository.
        timeout_s: How long to wait for running analyses to stop, in seconds.

    Returns:
        How many analyses were deleted.

    Raises:
        LibraryError: Something could not be deleted or is still running. The rest is gone; call again to continue.
    """
    erased: set[str] = set()
    deadline_s = time.monotonic() + timeout_s
    while True:
        erased |= set(_states(repository))
        stopping = _erase_once(repository)
        # A stopped recording may still add its clip as a new analysis.
        if not stopping and not _states(repository):
            break
        if time.monotonic() > deadline_s:
            raise LibraryError(f"{stopping or 'some'} analyses are still being stopped; try again in a minute")
        time.sleep(_POLL_INTERVAL_S)
    for entry_id in erased:
        clip_file(entry_id).unlink(missing_ok=True)
    _truncate_wal(repository.library.database)
    return len(erased)


def _erase_once(repository: Repository) -> int:
    """Cancel and delete what can be deleted now, and return how many analyses are still stopping.

    The owner's row is deleted last, once no analysis is left.
    """
    failures, stopping = [], 0
    for entry_id, state in _states(repository).items():
        try:
            if state in _ACTIVE:
                cancel(repository, entry_id)
            if repository.get(entry_id).state.is_over:
                repository.delete(entry_id)
            else:
                stopping += 1
        except UnknownAnalysisError:
            continue  # deleted meanwhile, as by another tab or the end of its retention period
        except LibraryError as error:
            failures.append(str(error))
    if failures:
        raise LibraryError(f"{count_text(len(failures), 'analysis', 'analyses')} could not be deleted: {failures[0]}")
    if not stopping:
        with repository.library.database.writing() as session:
            for table in (ApiRequestRow, ApiTokenRow, StudyRow, OwnerRow):
                session.execute(delete(table).where(table.owner == repository.owner))
    return stopping


def _states(repository: Repository) -> dict[str, str]:
    """Return the state of each of the owner's analyses by its ID."""
    query = select(AnalysisRow.id, AnalysisRow.state).where(AnalysisRow.owner == repository.owner)
    with repository.library.database.reading() as session:
        return dict(session.execute(query).all())


def _truncate_wal(database: Database) -> None:
    """Empty SQLite's write-ahead log, which keeps deleted rows; ``secure_delete`` zeroes the pages themselves.

    If another connection is reading, a later checkpoint empties it.
    """
    if not database.is_sqlite:
        return
    with database.engine.connect() as connection:
        raw = connection.connection.dbapi_connection
        if raw is not None:
            raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
