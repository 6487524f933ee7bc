"""Between rows and values: how an analysis is written down and read."""

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
    """Return this moment in UTC."""
    return dt.datetime.now(dt.UTC)


def end_of_queue(session: Session) -> dt.datetime:
    """Return a moment behind all that wait: this one, unless the clock was set back since one of them came.

    Args:
        session: In which nobody else queues anything meanwhile.
    """
    last = session.scalar(select(func.max(AnalysisRow.queued_at)).where(AnalysisRow.state == State.QUEUED))
    return now() if last is None else max(now(), last + dt.timedelta(microseconds=1))


def new_row(entry_id: str, owner: str, source: str, title: str, settings: JobSettings) -> AnalysisRow:
    """Return the row of an analysis whose video is on its way; it reads as a failure until that has come."""
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
    """Return by what a title is sorted."""
    return folded(title)[:_MAX_KEY]


def words_of(row: AnalysisRow) -> str:
    """Return all that a search for this analysis looks at."""
    edits = Edits.from_dict(row.edits)
    events = [event.label for event in edits.events]
    return folded("\n".join([row.title, row.source, *(each.tag for each in row.tags), *edits.names.values(), *events]))


def row_of(session: Session, entry_id: str, owner: str, *, lock: bool = False) -> AnalysisRow:
    """Return the row of an analysis.

    Args:
        session: In which it is read.
        entry_id: Which.
        owner: Whose it has to be.
        lock: Whether nobody else may change it until the session ends.

    Raises:
        LibraryError: There is none with this id that this owner has.
    """
    wanted = select(AnalysisRow).where(AnalysisRow.id == entry_id, AnalysisRow.owner == owner)
    row = session.scalar(wanted.with_for_update() if lock else wanted)
    if row is None:
        raise LibraryError(f"there is no analysis {entry_id!r} in this library")
    return row


def retention_days_of(session: Session, owner: str) -> int | None:
    """Return after how many days this owner's analyses are deleted; None for never."""
    return session.scalar(select(OwnerRow.retention_days).where(OwnerRow.owner == owner))


def expiry(row: AnalysisRow, days: int | None) -> dt.datetime | None:
    """Return when an analysis will be deleted; None for never, and while it waits or runs."""
    if days is None or not State(row.state).is_over:
        return None
    return (row.finished_at or row.created_at) + dt.timedelta(days=days)


def is_live(row: AnalysisRow) -> bool:
    """Return whether an analysis is recorded from a camera: a server writes it, and no worker."""
    return bool(row.settings.get("live"))


def to_entry(row: AnalysisRow) -> Entry:
    """Return a row as a value."""
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
