"""Searches analyses by words, tags and states, sorted and paged."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from emotion.errors import LibraryError
from emotion.library.entries import Entry, State, folded
from emotion.library.mapping import DAMAGED_ROW_ERRORS, entry_of, to_entry
from emotion.library.orm import AnalysisRow, TagRow

SORTS = {
    "created": AnalysisRow.created_at,
    "recorded": AnalysisRow.happened_at,
    "title": AnalysisRow.title_key,
    "duration": AnalysisRow.duration_s,
    "size": AnalysisRow.bytes,
    "state": AnalysisRow.state,
}
"""Orders of :meth:`emotion.library.Repository.search`; descending with ``-`` in front."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a search's results.

    Attributes:
        entries: Analyses in order.
        total: Number of all results.
    """

    entries: tuple[Entry, ...]
    total: int


def find(
    session: Session,
    text: str,
    tags: Collection[str],
    states: Collection[State],
    sort: str,
    limit: int,
    offset: int,
    owner: str,
) -> Page:
    """Return a page of matching analyses; see :meth:`emotion.library.Repository.search`."""
    column = SORTS.get(sort.removeprefix("-"))
    if column is None:
        raise LibraryError(f"expected an order from {', '.join(SORTS)}; got {sort!r}")
    found = _matching(text, tags, states, owner)
    key = column.desc().nulls_last() if sort.startswith("-") else column.asc().nulls_last()
    total = session.scalar(select(func.count()).select_from(found.subquery())) or 0
    ordered = found.order_by(key, AnalysisRow.id).limit(limit).offset(offset)
    return Page(_entries(session, ordered), total)


def _entries(session: Session, found: Select[AnalysisRow]) -> tuple[Entry, ...]:
    try:
        return tuple(to_entry(row) for row in session.scalars(found))
    except DAMAGED_ROW_ERRORS:
        # One row cannot be read. One by one, the others can.
        return tuple(
            entry_of(session, entry_id) for entry_id in session.scalars(found.with_only_columns(AnalysisRow.id))
        )


def _matching(text: str, tags: Collection[str], states: Collection[State], owner: str) -> Select[AnalysisRow]:
    query = select(AnalysisRow).where(AnalysisRow.owner == owner)
    for word in folded(text).split():
        query = query.where(AnalysisRow.words.contains(word, autoescape=True))
    if states:
        query = query.where(AnalysisRow.state.in_([str(state) for state in states]))
    if tags:
        having = select(TagRow.analysis_id).where(TagRow.owner == owner, TagRow.tag.in_(tags))
        all_of_them = having.group_by(TagRow.analysis_id).having(func.count() == len(tags))
        query = query.where(AnalysisRow.id.in_(all_of_them))
    return query
