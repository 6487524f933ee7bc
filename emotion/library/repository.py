"""The library: what was analysed, for whom, and everything that its owner may do with it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, BinaryIO

from sqlalchemy import func, select, update

from emotion.analytics.edits import Edits
from emotion.analytics.files import load_parquet
from emotion.engine.storage import timeline_key, video_key
from emotion.errors import LibraryError
from emotion.library import mapping
from emotion.library.entries import Entry, JobSettings, SavedEdits, State, clean_tags, clean_title
from emotion.library.ingest import Ingest, purge
from emotion.library.mapping import entry_of, no_analysis, row_of, title_key, words_of
from emotion.library.merge_edits import MergedEdits, merge_edits
from emotion.library.orm import AnalysisRow, OwnerRow, TagRow
from emotion.library.search import Page, find
from emotion.library.summary import change_figures, list_figures
from emotion.limits import Limits
from emotion.limits import limits as current_limits
from emotion.types import Analysis

if TYPE_CHECKING:
    from emotion.library.library import Library


class Repository:
    """The analyses of one owner; those of other owners do not exist for it.

    No method and no job function takes an owner, so code that holds a repository cannot name another one.

    Attributes:
        library: The shared library, for job functions. Pages never use it.
        owner: ID of the owner.
    """

    def __init__(self, library: Library, owner: str) -> None:
        self.library, self.owner = library, owner

    def add(
        self,
        content: BinaryIO | Path,
        name: str,
        settings: JobSettings | None = None,
        *,
        title: str | None = None,
        tags: Collection[str] = (),
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
            limits: What it may take (default: what the settings say, :mod:`emotion.limits`).

        Raises:
            VideoError: Not a video that can be read.
            TooLargeError: It is over a limit, or its owner has enough here.
            LibraryError: There is no room for it.
        """
        source = clean_title(PurePath(name.replace("\\", "/")).name)
        asked = settings or JobSettings()
        ingest = Ingest(self, source, asked, current_limits() if limits is None else limits)
        ingest.take(content, clean_title(title or PurePath(source).stem), clean_tags(list(tags)))
        return self.get(ingest.id)

    def get(self, entry_id: str) -> Entry:
        """Return one analysis.

        Raises:
            LibraryError: There is none with this id.
        """
        with self.library.database.reading() as session:
            there = select(AnalysisRow.id).where(AnalysisRow.id == entry_id, AnalysisRow.owner == self.owner)
            if session.scalar(there) is None:
                raise no_analysis(entry_id)
            return entry_of(session, entry_id)

    def search(
        self,
        text: str = "",
        *,
        tags: Collection[str] = (),
        states: Collection[State] = (),
        sort: str = "-created",
        limit: int = 50,
        offset: int = 0,
    ) -> Page:
        """Return some of the analyses that fit.

        Args:
            text: Words that all occur in title, file name, tags, people's names or events, whatever their case.
            tags: All of which it must have.
            states: One of which it must have; all if empty.
            sort: One of :data:`emotion.library.SORTS`, with ``-`` in front for largest first.
            limit: How many at most.
            offset: After how many.

        Raises:
            LibraryError: There is no such order.
        """
        with self.library.database.reading() as session:
            return find(session, text, clean_tags(list(tags)), states, sort, limit, offset, self.owner)

    def tags(self) -> dict[str, int]:
        """Return every tag with the number of analyses that have it."""
        counted = select(TagRow.tag, func.count()).where(TagRow.owner == self.owner).group_by(TagRow.tag)
        with self.library.database.reading() as session:
            return dict(session.execute(counted.order_by(TagRow.tag)).all())

    def rename(self, entry_id: str, title: str) -> None:
        """Give an analysis another title."""
        with self._changing(entry_id) as row:
            row.title = clean_title(title)
            row.title_key = title_key(row.title)
            row.words = words_of(row)

    def tag(self, entry_id: str, tags: Collection[str]) -> None:
        """Give an analysis these tags and no others."""
        wanted = clean_tags(list(tags))
        with self._changing(entry_id) as row:
            row.tags = [each for each in row.tags if each.tag in wanted]
            there = {each.tag for each in row.tags}
            row.tags += [TagRow(tag=tag, owner=self.owner) for tag in wanted if tag not in there]
            row.words = words_of(row)

    def save_edits(self, entry_id: str, edits: Edits, since: SavedEdits | None = None) -> SavedEdits:
        """Save what a person added to an analysis, and return what is stored then; the raw data stays as it is.

        Args:
            entry_id: The analysis.
            edits: All of its edits.
            since: The stored edits that these were made from. What somebody else saved since is merged; where both
                changed the same thing, theirs stays and is named in ``conflicts``. None replaces all stored edits.
        """
        while (saved := self._try_to_save(entry_id, edits, since)) is None:
            pass  # Somebody else saved in between: merge with theirs.
        return saved

    def _try_to_save(self, entry_id: str, edits: Edits, since: SavedEdits | None) -> SavedEdits | None:
        """Return what is stored now; None if it was changed between reading and writing."""
        before = self.get(entry_id)
        is_stale = since is not None and since.version != before.edits_version
        merged = merge_edits(since.edits, edits, before.edits) if since and is_stale else MergedEdits(edits, ())
        figures = None
        # Figures take seconds, so they are computed outside of the transaction.
        if before.summary is not None and change_figures(before.edits, merged.edits):
            figures = list_figures(self.load_analysis(entry_id), merged.edits)
        with self._changing(entry_id) as row:
            if (row.edits_version, row.summary is None) != (before.edits_version, before.summary is None):
                return None
            row.edits, row.edits_version = merged.edits.to_dict(), before.edits_version + 1
            if figures is not None:
                row.summary = figures
            row.words = words_of(row)
        return SavedEdits(merged.edits, before.edits_version + 1, merged.conflicts)

    def load_analysis(self, entry_id: str) -> Analysis:
        """Return an analysis with its timeline; of one that did not end, what is there so far.

        Raises:
            LibraryError: There is no such analysis, or nothing of it yet.
            TimelineError: Its file is damaged.
        """
        entry = self.get(entry_id)
        if self.library.storage.exists(timeline_key(entry_id)):
            with self.library.storage.local(timeline_key(entry_id)) as path:
                return load_parquet(path)
        note = entry.note or "The analysis is still running; this is what is done so far."
        return self.library.parts(entry_id).load(note)

    def video_path(self, entry_id: str) -> Path | None:
        """Return where the video lies on this machine; None if it was not kept or lies elsewhere."""
        return self.library.storage.local_path(video_key(self.get(entry_id).id))

    def drop_video(self, entry_id: str) -> None:
        """Delete the video of an analysis that is over, and keep the rest.

        Raises:
            LibraryError: It is not over, or the file could not be removed.
        """
        self._expect_over(self.get(entry_id))
        self.library.storage.remove(video_key(entry_id))
        with self._changing(entry_id) as row:
            row.has_video, row.bytes = False, self.library.storage.used_bytes(entry_id)

    def delete(self, entry_id: str) -> None:
        """Delete an analysis with all that belongs to it: video, timeline, log and everything noted about it.

        Raises:
            LibraryError: It is running, or a file could not be removed; the entry then stays, to try again.
        """
        entry = self.get(entry_id)
        with self.library.database.writing() as session:
            # From here on no worker can take it.
            freed = update(AnalysisRow).where(AnalysisRow.id == entry_id, AnalysisRow.state == State.QUEUED)
            session.execute(freed.values(state=State.CANCELLED))
        self._expect_over(self.get(entry_id))
        purge(self.library, entry.id)

    def used_bytes(self) -> int:
        """Return how much room all analyses of an owner take on the storage."""
        with self.library.database.reading() as session:
            return int(session.scalar(select(func.sum(AnalysisRow.bytes)).where(AnalysisRow.owner == self.owner)) or 0)

    def retention_days(self) -> int | None:
        """Return after how many days analyses are deleted; None for never."""
        with self.library.database.reading() as session:
            return mapping.retention_days_of(session, self.owner)

    def set_retention_days(self, days: int | None) -> None:
        """Say after how many days analyses are deleted, those that are there as well.

        Args:
            days: Counted from the end of an analysis; None for never.

        Raises:
            LibraryError: Less than a day.
        """
        if days is not None and not 1 <= days <= 36_500:
            raise LibraryError(f"expected 1 to 36500 days, or none; got {days}")
        with self.library.database.writing() as session:
            session.merge(OwnerRow(owner=self.owner, retention_days=days))
            for row in mapping.sound_rows(session, select(AnalysisRow).where(AnalysisRow.owner == self.owner)):
                row.kept_until = mapping.expiry(row, days)

    @contextmanager
    def _changing(self, entry_id: str) -> Iterator[AnalysisRow]:
        with self.library.database.writing() as session:
            yield row_of(session, entry_id, self.owner, lock=True)

    def _expect_over(self, entry: Entry) -> None:
        if not entry.state.is_over:
            raise LibraryError(f"{entry.title} is still being analysed; cancel it first")
