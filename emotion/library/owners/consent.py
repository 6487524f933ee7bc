"""What owners said when they were told the rules: for what they analyse, and which words they were told."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from emotion.library.mapping import now
from emotion.library.orm import OwnerRow
from emotion.library.repository import Library


@dataclass(frozen=True, slots=True)
class Agreement:
    """What an owner said.

    Attributes:
        purpose: For what, as a word of the program's.
        version: Of the notice that was shown.
        agreed_at: When (UTC).
    """

    purpose: str
    version: str
    agreed_at: dt.datetime


def agreement_of(library: Library, owner: str) -> Agreement | None:
    """Return what an owner said last; None if nothing.

    Raises:
        LibraryError: The database does not answer.
    """
    with library.database.reading() as session:
        row = session.get(OwnerRow, owner)
        if row is None or row.purpose is None or row.agreed_at is None:
            return None
        return Agreement(row.purpose, row.notice_version or "", row.agreed_at)


def note_agreement(library: Library, owner: str, purpose: str, version: str) -> None:
    """Note what an owner says now, in place of what was said before.

    Raises:
        LibraryError: The database does not answer.
    """
    with library.database.writing() as session:
        session.merge(OwnerRow(owner=owner, purpose=purpose, notice_version=version, agreed_at=now()))
