"""Maps analyses between database rows and values."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from emotion.analytics.edits import Edits
from emotion.errors import LibraryError
from emotion.library.entries import Entry, JobSettings, State, folded
from emotion.library.orm import AnalysisRow, OwnerRow
from emotion.types import VideoInfo

_MAX_KEY = 300
_UPLOADING = "The upload did not finish."


def now() -> dt.datetime:
    """Return the current time in UTC."""
    return dt.datetime.now(dt.UTC)


def end_of_queue(session: Session) -> dt.datetime:
    """Return the time for a new last place in the queue: now, or later if the clock was set back.

    Args:
        session: A session that holds the queue's lock.
    """
    last = session.scalar(select(func.max(AnalysisRow.queued_at)).where(AnalysisRow.state == State.QUEUED))
    return now() if last is None else max(now(), last + dt.timedelta(microseconds=1))


def new_row(entry_id: str, owner: str, source: str, title: str, settings: JobSettings) -> AnalysisRow:
    """Return the row of an analysis whose upload is not complete, which is a failure until it is."""
    moment = now()
    return AnalysisRow(
        id=entry_id,
        owner=owner,
        title=title,
        title_key=title_key(title),
        source=source,
        created_at=moment,
        queued_at=moment,
        happened_at=settings.captured_at or moment,
        state=State.FAILED,
        note=_UPLOADING,
        settings=settings.to_dict(),
        edits=Edits().to_dict(),
    )


def title_key(title: str) -> str:
    """Return the sort key of a title."""
    return folded(title)[:_MAX_KEY]


def words_of(row: AnalysisRow) -> str:
    """Return the searchable text of an analysis."""
    edits = Edits.from_dict(row.edits)
    events = [event.label for event in edits.events]
    return folded("\n".join([row.title, row.source, *(each.tag for each in row.tags), *edits.names.values(), *events]))


def row_of(session: Session, entry_id: str, owner: str, *, lock: bool = False) -> AnalysisRow:
    """Return the row of an analysis.

    Args:
        session: The database session.
        entry_id: ID of the analysis.
        owner: Its owner.
        lock: Whether to lock the row until the session ends.

    Raises:
        LibraryError: The owner has no analysis with this ID.
    """
    wanted = select(AnalysisRow).where(AnalysisRow.id == entry_id, AnalysisRow.owner == owner)
    row = session.scalar(wanted.with_for_update() if lock else wanted)
    if row is None:
        raise LibraryError(f"there is no analysis {entry_id!r} in this library")
    return row


def retention_days_of(session: Session, owner: str) -> int | None:
    """Return the owner's retention period in days; None for unlimited."""
    return session.scalar(select(OwnerRow.retention_days).where(OwnerRow.owner == owner))


def expiry(row: AnalysisRow, days: int | None) -> dt.datetime | None:
    """Return when an analysis expires; None for never, and before it has ended."""
    if days is None or not State(row.state).is_over:
        return None
    return (row.finished_at or row.created_at) + dt.timedelta(days=days)


def is_live(row: AnalysisRow) -> bool:
    """Return whether an analysis is a live recording, which has no worker."""
    return bool(row.settings.get("live"))


def to_entry(row: AnalysisRow) -> Entry:
    """Convert a row to a value."""
    return Entry(
        id=row.id,
        owner=row.owner,
        title=row.title,
        source=row.source,
        source_sha256=row.source_sha256,
        state=State(row.state),
        note=row.note,
        created_at=row.created_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        happened_at=row.happened_at,
        done=row.done,
        total=row.total,
        rate=row.rate,
        settings=JobSettings.from_dict(row.settings),
        info=None if row.info is None else VideoInfo(**row.info),
        summary=row.summary,
        edits=Edits.from_dict(row.edits),
        tags=tuple(each.tag for each in row.tags),
        bytes=row.bytes,
        has_video=row.has_video,
        kept_until=row.kept_until,
    )
