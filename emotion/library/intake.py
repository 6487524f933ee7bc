"""The way of a video into the library: its row, its bytes, what it says of itself, its place in the queue."""

from __future__ import annotations

import datetime as dt
import hashlib
import logging
import uuid
from collections.abc import Collection
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from sqlalchemy import delete

from emotion import settings as where
from emotion.engine.storage import no_room, video_key
from emotion.errors import InputError, LibraryError
from emotion.library.database import QUEUE_LOCK
from emotion.library.door import Door, size_of
from emotion.library.entries import JobSettings, State
from emotion.library.mapping import end_of_queue, new_row, row_of, words_of
from emotion.library.orm import AnalysisRow, TagRow
from emotion.library.probe_upload import facts_of
from emotion.limits import Limits
from emotion.types import VideoInfo

if TYPE_CHECKING:
    from emotion.library.library import Library
    from emotion.library.repository import Repository

_BLOCK = 1 << 20

log = logging.getLogger(__name__)


class Intake:
    """Takes one video in, or leaves nothing of it.

    Args:
        repository: Where it goes.
        source: What its owner calls it.
        settings: What is asked for.
        limits: What it may take.
    """

    def __init__(self, repository: Repository, source: str, settings: JobSettings, limits: Limits) -> None:
        self.id = uuid.uuid4().hex
        """Of the analysis."""
        self._library, self._owner = repository.library, repository.owner
        self._source, self._settings = source, settings
        self._door = Door(repository, source, limits)

    def take(self, content: BinaryIO | Path, title: str, tags: Collection[str]) -> None:
        """Take it in and put its analysis into the queue; see :meth:`emotion.library.Repository.add`."""
        self._door.before(size_of(content))
        self._announce(title, tags)
        try:
            digest = self._copy(content)
            info, captured = self._facts()
            self._door.check_facts(info, self._settings)
            self._queue(digest, info, captured)
        except BaseException:
            self._undo()
            raise

    def _announce(self, title: str, tags: Collection[str]) -> None:
        """Write the row before the bytes, so that whatever breaks off can be seen and deleted."""
        row = new_row(self.id, self._owner, self._source, title, self._settings)
        row.tags = [TagRow(tag=tag, owner=self._owner) for tag in tags]
        row.words = words_of(row)
        with self._library.database.writing() as session:
            session.add(row)

    def _copy(self, content: BinaryIO | Path) -> str:
        """Copy the file into the storage and return its digest."""
        if isinstance(content, Path):
            with content.open("rb") as file:
                return self._copy(file)
        digest, size = hashlib.sha256(), 0
        try:
            with self._library.storage.writing(video_key(self.id)) as target:
                while block := content.read(_BLOCK):
                    self._door.arriving(size := size + len(block))
                    digest.update(block)
                    target.write(block)
        except OSError as error:
            raise LibraryError(no_room(error) or f"the video cannot be stored: {error.strerror or error}") from error
        return digest.hexdigest()

    def _facts(self) -> tuple[VideoInfo | None, dt.datetime | None]:
        """Return the facts of a video that lies on this machine and when it was recorded.

        So what is no video is refused at once.
        """
        path = self._library.storage.local_path(video_key(self.id))
        if path is None:
            return None, None
        try:
            return facts_of(path)
        except InputError as error:
            raise type(error)(str(error).replace(path.name, self._source, 1)) from error

    def _queue(self, digest: str, info: VideoInfo | None, captured: dt.datetime | None) -> None:
        """Put the analysis into the queue, now that its video has come."""
        settings, size = self._settings, self._library.storage.used_bytes(self.id)
        with self._library.database.writing(QUEUE_LOCK) as session:
            self._door.at_the_queue(session, size)
            row = row_of(session, self.id, self._owner, lock=True)
            row.state, row.note, row.source_sha256, row.has_video = State.QUEUED, "", digest, True
            row.info = None if info is None else asdict(info)
            if settings.captured_at is None and captured is not None:
                row.settings, row.happened_at = replace(settings, captured_at=captured).to_dict(), captured
            row.duration_s = None if info is None else info.duration_s
            row.bytes = size
            row.total = 0 if info is None else settings.sampling.expected_frames(info)
            row.queued_at = end_of_queue(session)

    def _undo(self) -> None:
        """Take back what failed; where that fails too, it is the first reason that people are told."""
        try:
            expunge(self._library, self.id)
        except LibraryError as error:
            log.warning("what is left of an upload that failed cannot be removed: %s", error)


def expunge(library: Library, entry_id: str) -> None:
    """Remove all there is of an analysis: its files, its log and what is noted about it.

    Raises:
        LibraryError: A file could not be removed; what is noted then stays, to try again.
    """
    library.storage.remove(entry_id)
    where.log_file(entry_id).unlink(missing_ok=True)
    with library.database.writing() as session:
        session.execute(delete(AnalysisRow).where(AnalysisRow.id == entry_id))
