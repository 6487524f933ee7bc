"""Maps analyses between database rows and values."""

from __future__ import annotations

import datetime as dt
import logging
from typing import Any

from sqlalchemy import Row, Select, String, cast, func, select
from sqlalchemy.orm import Session

from emotion.analytics.edits import Edits
from emotion.errors import InputError, LibraryError, UnknownAnalysisError
from emotion.library.entries import Entry, JobSettings, State, folded
from emotion.library.orm import AnalysisRow, OwnerRow, UtcDateTime
from emotion.types import VideoInfo

_MAX_KEY = 300
_UNKNOWN = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_UPLOADING = "The upload did not finish."
log = logging.getLogger(__name__)

DAMAGED_ROW_ERRORS = (ValueError, TypeError, KeyError, AttributeError, InputError)
"""Errors raised when reading a row that another program or a failing disk has changed."""
DAMAGED_ROW_NOTE = "The entry of this analysis is damaged: delete it, or restore a backup."


def now() -> dt.datetime:
    """Return the current time in UTC."""
    return dt.datetime.now(dt.UTC)


def end_of_queue(session: Session) -> dt.datetime:
    """Return the queue time that puts an analysis last: now, or later if the clock was set back.

    Args:
        session: A session that holds the queue's lock.
    """
    last = session.scalar(select(func.max(AnalysisRow.queued_at)).where(AnalysisRow.state == State.QUEUED))
    return now() if last is None else max(now(), last + dt.timedelta(microseconds=1))


def new_row(entry_id: str, owner: str, source: str, title: str, settings: JobSettings) -> AnalysisRow:
    """Return the row of a new analysis, which counts as failed until its upload is complete."""
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


def search_text(row: AnalysisRow) -> str:
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
    query = select(AnalysisRow).where(AnalysisRow.id == entry_id, AnalysisRow.owner == owner)
    try:
        row = session.scalar(query.with_for_update() if lock else query)
    except DAMAGED_ROW_ERRORS as error:
        raise LibraryError(f"{DAMAGED_ROW_NOTE[:1].lower()}{DAMAGED_ROW_NOTE[1:-1]}") from error
    if row is None:
        raise no_analysis(entry_id)
    return row


def no_analysis(entry_id: str) -> UnknownAnalysisError:
    """Return the error for an unknown ID."""
    return UnknownAnalysisError(f"there is no analysis {entry_id!r} in this library")


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
    return isinstance(row.settings, dict) and bool(row.settings.get("live"))


def readable_rows(session: Session, found: Select[AnalysisRow]) -> list[AnalysisRow]:
    """Return the rows that can be read; damaged ones are left out."""
    return [row for (row,) in readable_columns(session, found)]


def readable_columns(session: Session, found: Select[Any]) -> list[Row[*tuple[Any, ...]]]:
    """Return a query's columns of the analyses that can be read; damaged ones are left out."""
    try:
        return list(session.execute(found))
    except DAMAGED_ROW_ERRORS:
        ids = session.scalars(found.with_only_columns(AnalysisRow.id)).all()
    rows: list[Row[*tuple[Any, ...]]] = []
    for entry_id in ids:
        try:
            rows += session.execute(found.where(AnalysisRow.id == entry_id)).all()
        except DAMAGED_ROW_ERRORS:
            log.warning("the row of analysis %s cannot be read", entry_id)
    return rows


def entry_of(session: Session, entry_id: str) -> Entry:
    """Return an analysis; if its row cannot be read, it counts as failed, with a note.

    Raises:
        LookupError: There is no analysis with this ID.
    """
    try:
        row = session.get(AnalysisRow, entry_id)
        if row is not None:
            return to_entry(row)
    except DAMAGED_ROW_ERRORS:
        log.warning("the row of analysis %s cannot be read", entry_id)
        return _damaged_entry(session, entry_id)
    raise LookupError(entry_id)


def _damaged_entry(session: Session, entry_id: str) -> Entry:
    """Return an analysis from the columns of a damaged row that are always readable."""
    columns = (AnalysisRow.owner, AnalysisRow.title, AnalysisRow.source)
    as_text = [cast(column, String) for column in (*columns, AnalysisRow.created_at)]
    owner, title, source, created = map(str, session.execute(select(*as_text).where(AnalysisRow.id == entry_id)).one())
    try:
        added = UtcDateTime().process_result_value(dt.datetime.fromisoformat(created), session.get_bind().dialect)
    except ValueError:
        added = None
    moment = added or _UNKNOWN
    return Entry(
        id=entry_id, owner=owner, title=title, source=source, source_sha256="", state=State.FAILED,
        note=DAMAGED_ROW_NOTE, created_at=moment, started_at=None, finished_at=None, happened_at=moment,
        done=0, total=0, rate=0.0, settings=JobSettings(), info=None, summary=None, edits=Edits(), edits_version=0,
        tags=(), bytes=0, has_video=False, kept_until=None,
    )  # fmt: skip


def to_entry(row: AnalysisRow) -> Entry:
    """Convert a row to a value.

    Raises:
        DAMAGED_ROW_ERRORS: The row was damaged, or another program wrote it.
    """
    # SQLite keeps values of any type in any column.
    numbers = (row.done, row.total, row.rate, row.bytes)
    if not isinstance(row.summary, dict | None) or not all(isinstance(each, int | float) for each in numbers):
        raise TypeError("expected figures by name, and numbers")
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
        edits_version=row.edits_version,
        tags=tuple(each.tag for each in row.tags),
        bytes=row.bytes,
        has_video=row.has_video,
        kept_until=row.kept_until,
    )
