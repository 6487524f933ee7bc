"""Stands between an upload and the library: looks at limits before, while the bytes come, and at the queue."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from emotion.library.entries import JobSettings, State
from emotion.library.orm import AnalysisRow
from emotion.limits import Limits
from emotion.types import VideoInfo

if TYPE_CHECKING:
    from emotion.library.repository import Repository

_LOOK_BYTES = 64 * 2**20
"""Between two looks at the disk while a file comes."""


class Door:
    """Lets one upload in, or says why not.

    Args:
        repository: Where it goes.
        name: What it is called, for people.
        limits: What holds for it.
    """

    def __init__(self, repository: Repository, name: str, limits: Limits) -> None:
        self._library, self._owner = repository.library, repository.owner
        self._name, self._limits = name, limits
        self._looked = 0

    def before(self, size: int) -> None:
        """Look before anything is written.

        Args:
            size: Of the file in bytes, as far as it can be told; else 0.

        Raises:
            TooLargeError: It cannot come in.
        """
        self._limits.check_size(size, self._name)
        with self._library.database.reading() as session:
            self._limits.check_queue(self._waiting(session))
        self.check_room(size)

    def check_room(self, size: int = 0) -> None:
        """Look at the disk and at the owner's share of it.

        Args:
            size: Bytes that are to come, as far as that can be told.

        Raises:
            TooLargeError: There is no room.
        """
        self._check_disk(size)
        with self._library.database.reading() as session:
            self._limits.check_quota(self._used(session), size)

    def arriving(self, size: int) -> None:
        """Look while it comes.

        Args:
            size: Bytes that have come.

        Raises:
            TooLargeError: It gets too large, or the disk too full.
        """
        self._limits.check_size(size, self._name)
        if size - self._looked >= _LOOK_BYTES:
            self._looked = size
            self._check_disk(0)

    def check_facts(self, info: VideoInfo | None, settings: JobSettings) -> None:
        """Look at what the file says of itself, if that could be told.

        Raises:
            TooLargeError: The part that is to be analysed is too long.
        """
        if info is not None:
            end_s = info.duration_s if settings.end_s is None else min(settings.end_s, info.duration_s)
            self._limits.check_duration(end_s - settings.start_s, self._name)

    def at_the_queue(self, session: Session, size: int) -> None:
        """Look once more while nobody else puts anything there: of many that come at once, some are too many.

        Args:
            session: In which it is put into the queue.
            size: Bytes that it takes on the storage, which do not yet count as its owner's.

        Raises:
            TooLargeError: Its owner has enough here.
        """
        self._limits.check_queue(self._waiting(session))
        self._limits.check_quota(self._used(session), size)

    def _check_disk(self, size: int) -> None:
        folder = Path(self._library.storage.url)
        if folder.is_dir():
            self._limits.check_free(folder, size)

    def _waiting(self, session: Session) -> int:
        mine = AnalysisRow.owner == self._owner, AnalysisRow.state == State.QUEUED
        return session.scalar(select(func.count()).where(*mine)) or 0

    def _used(self, session: Session) -> int:
        return int(session.scalar(select(func.sum(AnalysisRow.bytes)).where(AnalysisRow.owner == self._owner)) or 0)


def size_of(content: BinaryIO | Path) -> int:
    """Return the size of a file in bytes; 0 for a stream that cannot tell."""
    if isinstance(content, Path):
        return content.stat().st_size
    if not content.seekable():
        return 0
    here = content.tell()
    size = content.seek(0, io.SEEK_END) - here
    content.seek(here)
    return size
