"""How much each owner stores, for administrators; it shows no content of any analysis."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import func, select

from emotion.library.entries import clean_title
from emotion.library.library import Library
from emotion.library.orm import AnalysisRow, OwnerRow
from emotion.library.repository import Repository


@dataclass(frozen=True, slots=True)
class OwnerUsage:
    """What one owner stores.

    Attributes:
        owner: Owner ID, as in :class:`emotion.library.Entry`.
        name: Display name; empty if unknown.
        analyses: Number of analyses.
        bytes: Their size in storage.
        newest_at: When the newest was added (UTC); None if there are none.
    """

    owner: str
    name: str
    analyses: int
    bytes: int
    newest_at: dt.datetime | None


def list_usage(library: Library) -> list[OwnerUsage]:
    """Return every owner who has an analysis or a name, largest first."""
    counted = select(
        AnalysisRow.owner, func.count(), func.coalesce(func.sum(AnalysisRow.bytes), 0), func.max(AnalysisRow.created_at)
    ).group_by(AnalysisRow.owner)
    with library.database.reading() as session:
        names = {owner: name or "" for owner, name in session.execute(select(OwnerRow.owner, OwnerRow.name))}
        found = {
            owner: OwnerUsage(owner, names.get(owner, ""), count, int(size), newest)
            for owner, count, size, newest in session.execute(counted)
        }
    empty = [OwnerUsage(owner, name, 0, 0, None) for owner, name in names.items() if name and owner not in found]
    return sorted([*found.values(), *empty], key=lambda each: (-each.bytes, each.name, each.owner))


def set_owner_name(repository: Repository, name: str) -> None:
    """Store the owner's display name, so that administrators can tell owners apart."""
    name = clean_title(name)
    with repository.library.database.writing() as session:
        row = session.get(OwnerRow, repository.owner)
        if row is None:
            session.add(OwnerRow(owner=repository.owner, name=name))
        elif row.name != name:
            row.name = name
