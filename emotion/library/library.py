"""The library: one database and one storage, shared by all owners."""

from __future__ import annotations

import datetime as dt
import logging
import re
from pathlib import Path

from sqlalchemy import select

from emotion import settings as where
from emotion.engine.checkpoint import Checkpoint
from emotion.engine.private_files import make_private
from emotion.engine.storage import Storage
from emotion.errors import LibraryError, count_text
from emotion.library.database import Database
from emotion.library.mapping import now
from emotion.library.orm import AnalysisRow
from emotion.library.repository import Repository

_ID = re.compile("[0-9a-f]{32}")

log = logging.getLogger(__name__)


class Library:
    """A database and a storage that all owners share; safe to use from several threads and processes.

    It offers maintenance only. Analyses are read and changed through :meth:`for_owner`.
    """

    def __init__(self, database: Database, storage: Storage) -> None:
        self.database, self.storage = database, storage

    @classmethod
    def open(cls, url: str | None = None, storage: str | None = None) -> Library:
        """Open the library, creating it if it does not exist.

        Args:
            url: Database URL (default: :func:`emotion.settings.database_url`).
            storage: Storage URL (default: :func:`emotion.settings.storage_url`).

        Raises:
            LibraryError: The library cannot be opened, or its list of analyses is missing while their files exist.
        """
        library = cls.open_unchecked(url, storage)
        try:
            library._expect_list()
        except BaseException:
            library.close()
            raise
        return library

    @classmethod
    def open_unchecked(cls, url: str | None = None, storage: str | None = None) -> Library:
        """Open the library as :meth:`open` does, also if its list of analyses is gone; for restoring a backup."""
        library = cls(Database(where.database_url(url)), Storage(where.storage_url(storage), private=True))
        _make_private(where.library_dir())
        return library

    @property
    def is_full(self) -> bool:
        """Whether the disk of the database is full; everything can be read then, and nothing changed."""
        return self.database.is_full

    def close(self) -> None:
        """Close all connections to the database."""
        self.database.close()

    def for_owner(self, owner: str) -> Repository:
        """Return the repository of one owner, which cannot reach anyone else's analyses.

        Args:
            owner: Owner ID; :data:`emotion.library.LOCAL` if nobody signs in.
        """
        return Repository(self, owner)

    def sweep_expired(self, moment: dt.datetime | None = None) -> int:
        """Delete all analyses whose retention period has ended, and return how many were deleted.

        Args:
            moment: Time to compare with (default: now).

        Raises:
            LibraryError: Some files could not be removed; all other expired analyses are deleted.
        """
        expired = select(AnalysisRow.id, AnalysisRow.owner).where(AnalysisRow.kept_until <= (moment or now()))
        with self.database.reading() as session:
            found = session.execute(expired).all()
        failures = []
        for entry_id, owner in found:
            try:
                self.for_owner(owner).delete(entry_id)
            except LibraryError as error:
                failures.append(str(error))
        if failures:
            count = count_text(len(failures), "expired analysis", "expired analyses")
            raise LibraryError(f"{count} could not be deleted: {failures[0]}")
        return len(found)

    def _expect_list(self) -> None:
        with self.database.reading() as session:
            if session.scalar(select(AnalysisRow.id).limit(1)) is not None:
                return
        count = sum(bool(_ID.fullmatch(name) and self.storage.files(name)) for name in self.storage.folders())
        if count:
            raise LibraryError(
                f"the list of analyses is empty, but the files of {count:,} are still in the storage; restore a backup "
                "(python -m emotion library restore FILE --replace), or move these files away to begin a new library"
            )

    def checkpoint(self, entry_id: str) -> Checkpoint:
        """Return the checkpoint of a running analysis: the part of its timeline written so far."""
        return Checkpoint(self.storage, f"{entry_id}/parts")


def _make_private(folder: Path) -> None:
    """Deny other users access to the library's folder; files of earlier versions in it may be readable by all."""
    if not folder.is_dir():
        return
    try:
        for each in (folder, *folder.iterdir()):
            make_private(each)
    except OSError as error:
        log.warning("other users may be able to read the library's folder: %s", error)
