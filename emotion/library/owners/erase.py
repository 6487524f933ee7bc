"""Deletes everything that an owner has here, until nothing is left of it on any disk that the library knows."""

from __future__ import annotations

import time

from sqlalchemy import func, select

from emotion.errors import LibraryError
from emotion.library.jobs.clips import clip_file
from emotion.library.orm import AnalysisRow
from emotion.library.owners.users import delete_person
from emotion.library.repository import Library

PATIENCE_S = 60.0
"""What runs hears within a second that it shall stop; a worker that has just begun loads its model first."""
_POLL_INTERVAL_S = 0.2


def wipe(library: Library, owner: str, patience_s: float = PATIENCE_S) -> int:
    """Delete an owner's analyses, videos, clips, logs, settings and name, and what the database remembers of them.

    Args:
        library: Which library.
        owner: Whose part of it.
        patience_s: How long to wait for what runs to stop.

    Returns:
        How many analyses were deleted.

    Raises:
        LibraryError: Something could not be deleted, or still runs; what could be deleted is gone, and to call this
            again goes on.
    """
    deleted: set[str] = set()
    end_s = time.monotonic() + patience_s
    while True:
        deleted |= set(_ids(library, owner))
        stopping = delete_person(library, owner)
        # A recording that was stopped may hand its clip over as an analysis of its own before it is deleted.
        if not stopping and not _ids(library, owner):
            break
        if time.monotonic() > end_s:
            raise LibraryError(f"{stopping or 'some'} analyses are still being stopped; try again in a minute")
        time.sleep(_POLL_INTERVAL_S)
    for entry_id in deleted:
        clip_file(entry_id).unlink(missing_ok=True)
    _forget_changes(library)
    return len(deleted)


def count_of(library: Library, owner: str) -> int:
    """Return how many analyses an owner has, in whatever state."""
    with library.database.reading() as session:
        return session.scalar(select(func.count()).where(AnalysisRow.owner == owner)) or 0


def _ids(library: Library, owner: str) -> list[str]:
    with library.database.reading() as session:
        return list(session.scalars(select(AnalysisRow.id).where(AnalysisRow.owner == owner)))


def _forget_changes(library: Library) -> None:
    """Empty SQLite's log of changes, which holds deleted rows until it is written over; pages are zeroed anyway.

    Where others read at this moment it is emptied by the next change that finds nobody.
    """
    if not library.database.is_sqlite:
        return
    with library.database.engine.connect() as connection:
        raw = connection.connection.dbapi_connection
        if raw is not None:
            raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
