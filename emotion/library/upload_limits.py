"""Checks an upload against size, duration, quota, queue and disk limits: before, during and after the transfer."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from emotion.errors import InputError
from emotion.library.entries import JobSettings, State
from emotion.library.orm import AnalysisRow
from emotion.limits import Limits
from emotion.types import VideoInfo

if TYPE_CHECKING:
    from emotion.library.repository import Repository

_CHECK_EVERY_BYTES = 64 * 2**20
"""Interval between checks of free disk space during an upload."""


class UploadLimits:
    """The limits of one upload.

    Args:
        repository: The repository that it is added to.
        name: File name, for messages.
        limits: The limits to check.
    """

    def __init__(self, repository: Repository, name: str, limits: Limits) -> None:
        self._library, self._owner = repository.library, repository.owner
        self._name, self._limits = name, limits
        self._checked_at = 0

    def check_start(self, size: int) -> None:
        """Check everything that is known before the first byte is written.

        Args:
            size: File size in bytes; 0 if unknown.

        Raises:
            TooLargeError: A limit is exceeded.
        """
        self._limits.check_size(size, self._name)
        with self._library.database.reading() as session:
            self._limits.check_queue(self._waiting(session))
        self.check_room(size)

    def check_room(self, size: int = 0) -> None:
        """Check free disk space and the owner's quota.

        Args:
            size: Bytes still to be written; 0 if unknown.

        Raises:
            TooLargeError: The disk is too full or the quota is used up.
        """
        self._check_disk(size)
        with self._library.database.reading() as session:
            self._limits.check_quota(self._used(session), size)

    def check_received(self, size: int) -> None:
        """Check during the transfer.

        Args:
            size: Bytes received so far.

        Raises:
            TooLargeError: The file is too large or the disk too full.
        """
        self._limits.check_size(size, self._name)
        if size - self._checked_at >= _CHECK_EVERY_BYTES:
            self._checked_at = size
            self._check_disk(0)

    def check_part(self, info: VideoInfo | None, settings: JobSettings) -> None:
        """Check the part to analyse, if the file could be probed.

        Raises:
            InputError: The part starts after the end of the video.
            TooLargeError: The part is too long.
        """
        if info is not None:
            if 0 < settings.start_s >= info.duration_s:
                raise InputError(settings.sampling.nothing_in(self._name, info.duration_s))
            end_s = info.duration_s if settings.end_s is None else min(settings.end_s, info.duration_s)
            self._limits.check_duration(end_s - settings.start_s, self._name)

    def check_enqueue(self, session: Session, size: int) -> None:
        """Check queue and quota again in the transaction that enqueues: other uploads may have finished.

        Args:
            session: Session that holds the queue lock.
            size: Stored bytes, not yet counted towards the quota.

        Raises:
            TooLargeError: The queue or the quota is full.
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
    """Return the size of a file in bytes; 0 for a stream that is not seekable."""
    if isinstance(content, Path):
        return content.stat().st_size
    if not content.seekable():
        return 0
    position = content.tell()
    size = content.seek(0, io.SEEK_END) - position
    content.seek(position)
    return size
