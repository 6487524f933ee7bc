"""Who has how much in a library, for those who look after it; what is in it stays its owners' own."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import delete, func, select

from emotion.errors import LibraryError
from emotion.library.entries import State, clean_title
from emotion.library.jobs.queue import cancel
from emotion.library.orm import AnalysisRow, OwnerRow
from emotion.library.repository import Library

_ACTIVE = (str(State.QUEUED), str(State.RUNNING))


@dataclass(frozen=True, slots=True)
class Person:
    """One owner.

    Attributes:
        owner: As in :class:`emotion.library.Entry`.
        name: What people call them; empty if that was never said.
        analyses: How many they have.
        bytes: Room that these take on the storage.
        newest_at: When the newest was added (UTC); None if they have none.
    """

    owner: str
    name: str
    analyses: int
    bytes: int
    newest_at: dt.datetime | None


def people(library: Library) -> list[Person]:
    """Return everybody who has an analysis, or a name here, those with most bytes first."""
    counted = select(
        AnalysisRow.owner, func.count(), func.coalesce(func.sum(AnalysisRow.bytes), 0), func.max(AnalysisRow.created_at)
    ).group_by(AnalysisRow.owner)
    with library.database.reading() as session:
        names = {owner: name or "" for owner, name in session.execute(select(OwnerRow.owner, OwnerRow.name))}
        found = {
            owner: Person(owner, names.get(owner, ""), count, int(size), newest)
            for owner, count, size, newest in session.execute(counted)
        }
    none_yet = [Person(owner, name, 0, 0, None) for owner, name in names.items() if name and owner not in found]
    return sorted([*found.values(), *none_yet], key=lambda person: (-person.bytes, person.name, person.owner))


def name_person(library: Library, owner: str, name: str) -> None:
    """Note what people call an owner, so that whoever looks after the library knows whom it is about."""
    name = clean_title(name)
    with library.database.writing() as session:
        row = session.get(OwnerRow, owner)
        if row is None:
            session.add(OwnerRow(owner=owner, name=name))
        elif row.name != name:
            row.name = name


def delete_person(library: Library, owner: str) -> int:
    """Delete everything that an owner has here: analyses, videos, retention and name.

    What waits is taken out of the queue, and what runs is asked to stop, which takes a moment: it then remains, and
    the owner with it, until this is called again.

    Returns:
        How many analyses remain because they are still being stopped.

    Raises:
        LibraryError: Something could not be deleted; the rest is deleted all the same.
    """
    failures, stopping = [], 0
    for entry_id, state in _analyses(library, owner):
        try:
            if state in _ACTIVE:
                cancel(library, entry_id, owner=owner)
            if library.get(entry_id, owner=owner).state.is_over:
                library.delete(entry_id, owner=owner)
            else:
                stopping += 1
        except LibraryError as error:
            failures.append(str(error))
    if failures:
        raise LibraryError(f"{len(failures)} analyses could not be deleted: {failures[0]}")
    if not stopping:
        with library.database.writing() as session:
            session.execute(delete(OwnerRow).where(OwnerRow.owner == owner))
    return stopping


def _analyses(library: Library, owner: str) -> list[tuple[str, str]]:
    with library.database.reading() as session:
        found = session.execute(select(AnalysisRow.id, AnalysisRow.state).where(AnalysisRow.owner == owner))
        return [(entry_id, state) for entry_id, state in found]
