"""The library: what was analysed, for whom, and everything that its owner may do with it."""

from __future__ import annotations

import datetime as dt
import errno
import hashlib
import logging
import uuid
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path, PurePath
from typing import BinaryIO

from sqlalchemy import delete, func, select, update

from emotion.analytics.edits import Edits
from emotion.analytics.files import load_parquet
from emotion.errors import InputError, LibraryError
from emotion.library import rows
from emotion.library import settings as where
from emotion.library.database import QUEUE_LOCK, Database
from emotion.library.door import Door, size_of
from emotion.library.entries import LOCAL, Entry, JobSettings, State, clean_tags, clean_title
from emotion.library.facts import facts_of
from emotion.library.parts import Parts
from emotion.library.rows import end_of_queue, fitting_rows, now, row_of, title_key, to_entry, words_of
from emotion.library.storage import Storage
from emotion.library.tables import AnalysisRow, OwnerRow, TagRow
from emotion.limits import Limits
from emotion.limits import limits as current_limits
from emotion.types import Analysis, VideoInfo

SORTS = {
    "created": AnalysisRow.created_at,
    "recorded": AnalysisRow.happened_at,
    "title": AnalysisRow.title_key,
    "duration": AnalysisRow.duration_s,
    "size": AnalysisRow.bytes,
    "state": AnalysisRow.state,
}
"""What :meth:`Library.search` sorts by; with ``-`` in front, largest first."""
_BLOCK = 1 << 20
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Page:
    """Some of what a search found.

    Attributes:
        entries: In the order that was asked for.
        total: How many there are altogether.
    """

    entries: tuple[Entry, ...]
    total: int


class Library:
    """Analyses in a database, with their files beside it; may be used from several threads and processes at once.

    Every method takes the owner, and knows nothing of what others own.
    """

    def __init__(self, database: Database, storage: Storage) -> None:
        self.database, self.storage = database, storage

    @classmethod
    def open(cls, url: str | None = None, storage: str | None = None) -> Library:
        """Open the library, or make a new one.

        Args:
            url: Of the database, instead of the environment's (:mod:`emotion.library.settings`).
            storage: Of the files, likewise.

        Raises:
            LibraryError: It cannot be opened.
        """
        return cls(Database(where.database_url(url)), Storage(where.storage_url(storage)))

    def close(self) -> None:
        """Close the connections to the database."""
        self.database.close()

    def add(
        self,
        content: BinaryIO | Path,
        name: str,
        settings: JobSettings | None = None,
        *,
        title: str | None = None,
        tags: Collection[str] = (),
        owner: str = LOCAL,
        limits: Limits | None = None,
    ) -> Entry:
        """Take in a video and put its analysis into the queue.

        Args:
            content: The file.
            name: What its owner calls the file; never used as a path.
            settings: What is asked for (default: every frame, the default model). Where it does not say when the
                video was recorded, the file is asked.
            title: For people (default: the name without its ending).
            tags: To find it by.
            owner: Whose it is.
            limits: What it may take (default: what the settings say, :mod:`emotion.limits`).

        Raises:
            VideoError: Not a video that can be read.
            TooLargeError: It is over a limit, or its owner has enough here.
            LibraryError: There is no room for it.
        """
        entry_id, settings = uuid.uuid4().hex, settings or JobSettings()
        source = clean_title(PurePath(name.replace("\\", "/")).name)
        door = Door(self, owner, source, current_limits() if limits is None else limits)
        door.before(size_of(content))
        row = rows.new_row(entry_id, owner, source, clean_title(title or PurePath(source).stem), settings)
        row.tags = [TagRow(tag=tag, owner=owner) for tag in clean_tags(list(tags))]
        row.words = words_of(row)
        with self.database.writing() as session:
            session.add(row)
        try:
            digest = self._take_in(content, video_key(entry_id), door)
            info, captured = self._facts(entry_id, source)
            door.check_facts(info, settings)
            self._queue(entry_id, owner, door, digest, settings, info, captured)
        except BaseException:
            self._undo(entry_id)
            raise
        return self.get(entry_id, owner=owner)

    def _queue(
        self,
        entry_id: str,
        owner: str,
        door: Door,
        digest: str,
        settings: JobSettings,
        info: VideoInfo | None,
        captured: dt.datetime | None,
    ) -> None:
        """Put an analysis whose video has come into the queue."""
        size = self.storage.used_bytes(entry_id)
        with self.database.writing(QUEUE_LOCK) as session:
            door.at_the_queue(session, size)
            row = row_of(session, entry_id, owner, lock=True)
            row.state, row.note, row.source_sha256, row.has_video = State.QUEUED, "", digest, True
            row.info = None if info is None else asdict(info)
            if settings.captured_at is None and captured is not None:
                row.settings, row.happened_at = replace(settings, captured_at=captured).to_dict(), captured
            row.duration_s = None if info is None else info.duration_s
            row.bytes = size
            row.total = 0 if info is None else settings.sampling.expected_frames(info)
            row.queued_at = end_of_queue(session)

    def get(self, entry_id: str, *, owner: str = LOCAL) -> Entry:
        """Return one analysis.

        Raises:
            LibraryError: There is none with this id.
        """
        with self.database.reading() as session:
            return to_entry(row_of(session, entry_id, owner))

    def search(
        self,
        text: str = "",
        *,
        tags: Collection[str] = (),
        states: Collection[State] = (),
        sort: str = "-created",
        limit: int = 50,
        offset: int = 0,
        owner: str = LOCAL,
    ) -> Page:
        """Return some of the analyses that fit.

        Args:
            text: Words that all occur in title, file name, tags, people's names or events, whatever their case.
            tags: All of which it must have.
            states: One of which it must have; all if empty.
            sort: One of :data:`SORTS`, with ``-`` in front for largest first.
            limit: How many at most.
            offset: After how many.
            owner: Whose.

        Raises:
            LibraryError: There is no such order.
        """
        column = SORTS.get(sort.removeprefix("-"))
        if column is None:
            raise LibraryError(f"expected an order out of {', '.join(SORTS)}; got {sort!r}")
        found = fitting_rows(text, clean_tags(list(tags)), states, owner)
        key = column.desc().nulls_last() if sort.startswith("-") else column.asc().nulls_last()
        with self.database.reading() as session:
            total = session.scalar(select(func.count()).select_from(found.subquery())) or 0
            ordered = found.order_by(key, AnalysisRow.id).limit(limit).offset(offset)
            return Page(tuple(to_entry(row) for row in session.scalars(ordered)), total)

    def tags(self, *, owner: str = LOCAL) -> dict[str, int]:
        """Return every tag with the number of analyses that have it."""
        counted = select(TagRow.tag, func.count()).where(TagRow.owner == owner).group_by(TagRow.tag)
        with self.database.reading() as session:
            return dict(session.execute(counted.order_by(TagRow.tag)).all())

    def rename(self, entry_id: str, title: str, *, owner: str = LOCAL) -> None:
        """Give an analysis another title."""
        with self._changing(entry_id, owner) as row:
            row.title = clean_title(title)
            row.title_key = title_key(row.title)
            row.words = words_of(row)

    def tag(self, entry_id: str, tags: Collection[str], *, owner: str = LOCAL) -> None:
        """Give an analysis these tags and no others."""
        wanted = clean_tags(list(tags))
        with self._changing(entry_id, owner) as row:
            row.tags = [each for each in row.tags if each.tag in wanted]
            there = {each.tag for each in row.tags}
            row.tags += [TagRow(tag=tag, owner=owner) for tag in wanted if tag not in there]
            row.words = words_of(row)

    def save_edits(self, entry_id: str, edits: Edits, *, owner: str = LOCAL) -> None:
        """Keep what a person added to an analysis; the raw data stays as it is."""
        with self._changing(entry_id, owner) as row:
            row.edits = edits.to_dict()
            row.words = words_of(row)

    def load_analysis(self, entry_id: str, *, owner: str = LOCAL) -> Analysis:
        """Return an analysis with its timeline; of one that did not end, what is there so far.

        Raises:
            LibraryError: There is no such analysis, or nothing of it yet.
            TimelineError: Its file is damaged.
        """
        entry = self.get(entry_id, owner=owner)
        if self.storage.exists(timeline_key(entry_id)):
            with self.storage.local(timeline_key(entry_id)) as path:
                return load_parquet(path)
        note = entry.note or "The analysis is still running; this is what is done so far."
        return self.parts(entry_id).whole(note)

    def video_path(self, entry_id: str, *, owner: str = LOCAL) -> Path | None:
        """Return where the video lies on this machine; None if it was not kept or lies elsewhere."""
        return self.storage.local_path(video_key(self.get(entry_id, owner=owner).id))

    def drop_video(self, entry_id: str, *, owner: str = LOCAL) -> None:
        """Delete the video of an analysis that is over, and keep the rest.

        Raises:
            LibraryError: It is not over, or the file could not be removed.
        """
        self._expect_over(self.get(entry_id, owner=owner))
        self.storage.remove(video_key(entry_id))
        with self._changing(entry_id, owner) as row:
            row.has_video, row.bytes = False, self.storage.used_bytes(entry_id)

    def delete(self, entry_id: str, *, owner: str = LOCAL) -> None:
        """Delete an analysis with all that belongs to it: video, timeline, log and everything noted about it.

        Raises:
            LibraryError: It is running, or a file could not be removed; the entry then stays, to try again.
        """
        entry = self.get(entry_id, owner=owner)
        with self.database.writing() as session:
            # From here on no worker can take it.
            freed = update(AnalysisRow).where(AnalysisRow.id == entry_id, AnalysisRow.state == State.QUEUED)
            session.execute(freed.values(state=State.CANCELLED))
        self._expect_over(self.get(entry_id, owner=owner))
        self._discard(entry.id)

    def used_bytes(self, *, owner: str = LOCAL) -> int:
        """Return how much room all analyses of an owner take on the storage."""
        with self.database.reading() as session:
            return int(session.scalar(select(func.sum(AnalysisRow.bytes)).where(AnalysisRow.owner == owner)) or 0)

    def retention_days(self, *, owner: str = LOCAL) -> int | None:
        """Return after how many days analyses are deleted; None for never."""
        with self.database.reading() as session:
            return rows.retention_days_of(session, owner)

    def set_retention_days(self, days: int | None, *, owner: str = LOCAL) -> None:
        """Say after how many days analyses are deleted, those that are there as well.

        Args:
            days: Counted from the end of an analysis; None for never.
            owner: Whose.

        Raises:
            LibraryError: Less than a day.
        """
        if days is not None and not 1 <= days <= 36_500:
            raise LibraryError(f"expected 1 to 36500 days, or none; got {days}")
        with self.database.writing() as session:
            session.merge(OwnerRow(owner=owner, retention_days=days))
            for row in session.scalars(select(AnalysisRow).where(AnalysisRow.owner == owner)):
                row.kept_until = rows.expiry(row, days)

    def sweep_expired(self, moment: dt.datetime | None = None) -> int:
        """Delete what was kept long enough, of all owners, and return how many analyses that were.

        Raises:
            LibraryError: A file could not be removed; the rest is deleted all the same.
        """
        expired = select(AnalysisRow.id, AnalysisRow.owner).where(AnalysisRow.kept_until <= (moment or now()))
        with self.database.reading() as session:
            ids = session.execute(expired).all()
        failures = []
        for entry_id, owner in ids:
            try:
                self.delete(entry_id, owner=owner)
            except LibraryError as error:
                failures.append(str(error))
        if failures:
            raise LibraryError(f"{len(failures)} expired analyses could not be deleted: {failures[0]}")
        return len(ids)

    def parts(self, entry_id: str) -> Parts:
        """Return what a running analysis has written so far."""
        return Parts(self.storage, f"{entry_id}/parts")

    @contextmanager
    def _changing(self, entry_id: str, owner: str) -> Iterator[AnalysisRow]:
        with self.database.writing() as session:
            yield row_of(session, entry_id, owner, lock=True)

    def _take_in(self, content: BinaryIO | Path, key: str, door: Door) -> str:
        """Copy a file into the storage and return its digest."""
        if isinstance(content, Path):
            with content.open("rb") as file:
                return self._take_in(file, key, door)
        digest, size = hashlib.sha256(), 0
        try:
            with self.storage.writing(key) as target:
                while block := content.read(_BLOCK):
                    door.arriving(size := size + len(block))
                    digest.update(block)
                    target.write(block)
        except OSError as error:
            raise LibraryError(no_room(error) or f"the video cannot be stored: {error.strerror or error}") from error
        return digest.hexdigest()

    def _facts(self, entry_id: str, name: str) -> tuple[VideoInfo | None, dt.datetime | None]:
        """Return the facts of a video that lies on this machine and when it was recorded.

        So what is no video is refused at once.
        """
        path = self.storage.local_path(video_key(entry_id))
        if path is None:
            return None, None
        try:
            return facts_of(path)
        except InputError as error:
            raise type(error)(str(error).replace(path.name, name, 1)) from error

    def _undo(self, entry_id: str) -> None:
        """Take back an upload that failed; where that fails too, it is the first reason that people are told."""
        try:
            self._discard(entry_id)
        except LibraryError as error:
            log.warning("what is left of an upload that failed cannot be removed: %s", error)

    def _discard(self, entry_id: str) -> None:
        self.storage.remove(entry_id)
        where.log_file(entry_id).unlink(missing_ok=True)
        with self.database.writing() as session:
            session.execute(delete(AnalysisRow).where(AnalysisRow.id == entry_id))

    def _expect_over(self, entry: Entry) -> None:
        if not entry.state.is_over:
            raise LibraryError(f"{entry.title} is still being analysed; cancel it first")


def video_key(entry_id: str) -> str:
    """Return where the video of an analysis lies in the storage; it has no ending, as nothing goes by its name."""
    return f"{entry_id}/video"


def timeline_key(entry_id: str) -> str:
    """Return where the finished timeline of an analysis lies in the storage."""
    return f"{entry_id}/timeline.parquet"


def no_room(error: OSError) -> str | None:
    """Return one sentence for people if the disk is full, else None."""
    return "there is no room left on the disk; free some and try again" if error.errno in _NO_ROOM else None
