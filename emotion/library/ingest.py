"""Adds an uploaded video to the library: creates its row, copies and probes the file, and enqueues the analysis.

:func:`add_finished` adds an analysis that was made elsewhere, which is not queued.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import logging
import shutil
import uuid
from collections.abc import Collection, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from sqlalchemy import Select, delete

from emotion import settings as where
from emotion.analytics.edits import Edits
from emotion.engine.run import Source
from emotion.engine.storage import disk_full_message, video_key
from emotion.errors import InputError, LibraryError
from emotion.library.database import ADDING_LOCK, QUEUE_LOCK
from emotion.library.entries import JobSettings, State
from emotion.library.mapping import end_of_queue, expiry, new_row, now, retention_days_of, row_of, search_text
from emotion.library.orm import AnalysisRow, TagRow
from emotion.library.probe_upload import facts_of
from emotion.library.summary import list_figures
from emotion.library.upload_limits import UploadLimits, size_of
from emotion.limits import Limits, limits
from emotion.types import Analysis, VideoInfo

if TYPE_CHECKING:
    from emotion.library.library import Library
    from emotion.library.repository import Repository

_BLOCK = 1 << 20

log = logging.getLogger(__name__)


class Ingest:
    """Adds one video; removes everything again if a step fails.

    Args:
        repository: The repository that it is added to.
        source: Original file name.
        settings: Settings of the analysis.
        limits: Upload limits.
    """

    def __init__(self, repository: Repository, source: str, settings: JobSettings, limits: Limits) -> None:
        self.id = uuid.uuid4().hex
        """ID of the analysis."""
        self._library, self._owner = repository.library, repository.owner
        self._source, self._settings = source, settings
        self._checks = UploadLimits(repository, source, limits)

    def take(self, content: BinaryIO | Path, title: str, tags: Collection[str]) -> None:
        """Add the video and enqueue its analysis; see :meth:`emotion.library.Repository.add`."""
        self._checks.check_start(size_of(content))
        self._create_row(title, tags)
        try:
            digest = self._copy(content)
            info, captured = self._facts()
            self._checks.check_part(info, self._settings)
            self._queue(digest, info, captured)
        except BaseException:
            self._undo()
            raise

    def _create_row(self, title: str, tags: Collection[str]) -> None:
        """Create the row before the file, to keep a broken upload visible and deletable."""
        row = new_row(self.id, self._owner, self._source, title, self._settings)
        row.tags = [TagRow(tag=tag, owner=self._owner) for tag in tags]
        row.words = search_text(row)
        with self._library.database.writing() as session:
            session.add(row)

    def _copy(self, content: BinaryIO | Path) -> str:
        """Copy the file into storage and return its SHA-256."""
        if isinstance(content, Path):
            with content.open("rb") as file:
                return self._copy(file)
        digest, size = hashlib.sha256(), 0
        try:
            with self._library.storage.writing(video_key(self.id)) as target:
                while block := content.read(_BLOCK):
                    self._checks.check_received(size := size + len(block))
                    digest.update(block)
                    target.write(block)
        except OSError as error:
            raise LibraryError(
                disk_full_message(error) or f"the video cannot be stored: {error.strerror or error}"
            ) from error
        return digest.hexdigest()

    def _facts(self) -> tuple[VideoInfo | None, dt.datetime | None]:
        """Probe a video in local storage and return its facts and recording time.

        This rejects a file that is not a video at once.
        """
        path = self._library.storage.local_path(video_key(self.id))
        if path is None:
            return None, None
        try:
            return facts_of(path)
        except InputError as error:
            raise type(error)(Source(path, self._source, "").message(error)) from error

    def _queue(self, digest: str, info: VideoInfo | None, captured: dt.datetime | None) -> None:
        """Enqueue the analysis of the stored video."""
        settings, size = self._settings, self._library.storage.used_bytes(self.id)
        with self._library.database.writing(QUEUE_LOCK) as session:
            self._checks.check_enqueue(session, size)
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
        """Roll back a failed upload. If rollback fails, log it and keep the original error."""
        try:
            purge(self._library, self.id)
        except LibraryError as error:
            log.warning("a failed upload could not be rolled back: %s", error)


def add_finished(
    repository: Repository,
    row: AnalysisRow,
    analysis: Analysis,
    edits: Edits,
    files: Mapping[str, Path],
    same: Select[str] | None = None,
) -> str:
    """Add an analysis that was made elsewhere, with its files; nothing is left if a step fails.

    It has no start time, because it says nothing about this machine's speed.

    Args:
        repository: The repository that it is added to.
        row: From :func:`~emotion.library.mapping.new_row`.
        analysis: Without edits applied.
        edits: Its edits.
        files: Key in the storage → file to copy.
        same: Query for the IDs of equivalent analyses. If there is one by now, nothing is added.

    Returns:
        The ID of the new or of the equivalent analysis.

    Raises:
        TooLargeError: The disk is too full or the owner's quota is used up.
        LibraryError: A file cannot be stored, or the database does not respond.
    """
    library, row.bytes = repository.library, sum(path.stat().st_size for path in files.values())
    UploadLimits(repository, row.source, limits()).check_room(row.bytes)
    row.state, row.note, row.finished_at = State.DONE, analysis.note, now()
    row.info, row.duration_s = asdict(analysis.info), analysis.info.duration_s
    row.done = row.total = len(analysis.frames)
    row.edits, row.summary = edits.to_dict(), list_figures(analysis, edits)
    row.words = search_text(row)
    try:
        for key, path in files.items():
            with path.open("rb") as file, library.storage.writing(key) as target:
                shutil.copyfileobj(file, target)
        # The row comes last: nobody sees an analysis without its files.
        with library.database.writing(None if same is None else ADDING_LOCK) as session:
            other = None if same is None else session.scalar(same.limit(1))
            if other is None:
                row.kept_until = expiry(row, retention_days_of(session, repository.owner))
                session.add(row)
    except OSError as error:
        library.storage.remove(row.id)
        raise LibraryError(
            disk_full_message(error) or f"{row.source} cannot be stored: {error.strerror or error}"
        ) from error
    except LibraryError:
        library.storage.remove(row.id)
        raise
    if other is not None:
        library.storage.remove(row.id)
    return other or row.id


def purge(library: Library, entry_id: str) -> None:
    """Delete an analysis: its files, its log and its row.

    Raises:
        LibraryError: A file could not be removed; the row stays, and deleting can be retried.
    """
    library.storage.remove(entry_id)
    where.log_file(entry_id).unlink(missing_ok=True)
    with library.database.writing() as session:
        session.execute(delete(AnalysisRow).where(AnalysisRow.id == entry_id))
