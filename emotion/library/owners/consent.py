"""The consent an owner gave: the purpose of their analyses and the version of the notice they saw."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from emotion.library.mapping import now
from emotion.library.orm import OwnerRow
from emotion.library.repository import Repository


@dataclass(frozen=True, slots=True)
class Consent:
    """The latest consent of an owner.

    Attributes:
        purpose: Key of the purpose, as the app lists them.
        version: Version of the notice that was shown.
        given_at: When (UTC).
    """

    purpose: str
    version: str
    given_at: dt.datetime


def load_consent(repository: Repository) -> Consent | None:
    """Return the owner's latest consent; None if they gave none.

    Raises:
        LibraryError: The database does not respond.
    """
    with repository.library.database.reading() as session:
        row = session.get(OwnerRow, repository.owner)
        if row is None or row.purpose is None or row.agreed_at is None:
            return None
        return Consent(row.purpose, row.notice_version or "", row.agreed_at)


def save_consent(repository: Repository, purpose: str, version: str) -> None:
    """Store the owner's consent, replacing an earlier one.

    Raises:
        LibraryError: The database does not respond.
    """
    with repository.library.database.writing() as session:
        session.merge(OwnerRow(owner=repository.owner, purpose=purpose, notice_version=version, agreed_at=now()))
