"""The repository of one owner's analyses."""

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
from emotion.library.mapping import entry_of, no_analysis, row_of, search_text, title_key
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
    """The analyses of one owner; it cannot reach those of other owners.

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
        """Add a video and queue its analysis.

        Args:
            content: The video file.
            name: Original file name; never used as a path.
            settings: Settings of the analysis (default: every frame, the default model). If they do not have the
                recording time, the file's is used.
            title: Title (default: the name without its extension).
            tags: Tags.
            limits: Upload limits (default: the settings', :mod:`emotion.limits`).

        Raises:
            VideoError: The video cannot be read.
            InputError: The part to analyse starts after the end of the video.
            TooLargeError: A limit or the owner's quota is exceeded.
            LibraryError: There is no space for it.
        """
        source = clean_title(PurePath(name.replace("\\", "/")).name)
        settings = settings or JobSettings()
        ingest = Ingest(self, source, settings, current_limits() if limits is None else limits)
        ingest.take(content, clean_title(title or PurePath(source).stem), clean_tags(list(tags)))
        return self.get(ingest.id)

    def get(self, entry_id: str) -> Entry:
        """Return one analysis.

        Raises:
            LibraryError: There is no analysis with this ID.
        """
        with self.library.database.reading() as session:
            query = select(AnalysisRow.id).where(AnalysisRow.id == entry_id, AnalysisRow.owner == self.owner)
            if session.scalar(query) is None:
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
        """Return a page of matching analyses.

        Args:
            text: Words that must all occur in title, file name, tags, people's names or events, ignoring case.
            tags: Tags that it must all have.
            states: Allowed states; all if empty.
            sort: One of :data:`emotion.library.SORTS`, with ``-`` in front for descending order.
            limit: Maximum number.
            offset: Number to skip.

        Raises:
            LibraryError: The order is unknown.
        """
        with self.library.database.reading() as session:
            return find(session, text, clean_tags(list(tags)), states, sort, limit, offset, self.owner)

    def tags(self) -> dict[str, int]:
        """Return tag → number of analyses."""
        counted = select(TagRow.tag, func.count()).where(TagRow.owner == self.owner).group_by(TagRow.tag)
        with self.library.database.reading() as session:
            return dict(session.execute(counted.order_by(TagRow.tag)).all())

    def rename(self, entry_id: str, title: str) -> None:
        """Change the title of an analysis."""
        with self._changing(entry_id) as row:
            row.title = clean_title(title)
            row.title_key = title_key(row.title)
            row.words = search_text(row)

    def tag(self, entry_id: str, tags: Collection[str]) -> None:
        """Replace the tags of an analysis."""
        names = clean_tags(list(tags))
        with self._changing(entry_id) as row:
            row.tags = [tag for tag in row.tags if tag.tag in names]
            existing = {tag.tag for tag in row.tags}
            row.tags += [TagRow(tag=name, owner=self.owner) for name in names if name not in existing]
            row.words = search_text(row)

    def save_edits(self, entry_id: str, edits: Edits, since: SavedEdits | None = None) -> SavedEdits:
        """Save the edits of an analysis, and return the edits that are stored now.

        Args:
            entry_id: ID of the analysis.
            edits: All of its edits.
            since: The stored edits that these edits started from. What another page has saved since then is merged.
                Where both changed the same thing, the stored value is kept and listed in ``conflicts``. None replaces
                all stored edits.
        """
        while (saved := self._try_to_save(entry_id, edits, since)) is None:
            pass  # another page saved in between: merge with its edits
        return saved

    def _try_to_save(self, entry_id: str, edits: Edits, since: SavedEdits | None) -> SavedEdits | None:
        """Return the edits that are stored now; None if another page saved some between reading and writing."""
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
            row.words = search_text(row)
        return SavedEdits(merged.edits, before.edits_version + 1, merged.conflicts)

    def load_analysis(self, entry_id: str) -> Analysis:
        """Return an analysis with its timeline; before it has ended, the part so far.

        Raises:
            LibraryError: There is no such analysis, or it has no results yet.
            TimelineError: Its file is damaged.
        """
        entry = self.get(entry_id)
        if self.library.storage.exists(timeline_key(entry_id)):
            with self.library.storage.local(timeline_key(entry_id)) as path:
                return load_parquet(path)
        note = entry.note or "The analysis is still running; these are the results so far."
        return self.library.checkpoint(entry_id).load(note)

    def video_path(self, entry_id: str) -> Path | None:
        """Return the local path of the video; None if it was not kept or storage is remote."""
        return self.library.storage.local_path(video_key(self.get(entry_id).id))

    def delete(self, entry_id: str) -> None:
        """Delete an analysis with its video, timeline, log and row.

        Raises:
            LibraryError: It is running, or a file could not be removed; the row is then kept, to try again.
        """
        entry = self.get(entry_id)
        with self.library.database.writing() as session:
            # From here on, no worker can claim it.
            freed = update(AnalysisRow).where(AnalysisRow.id == entry_id, AnalysisRow.state == State.QUEUED)
            session.execute(freed.values(state=State.CANCELLED))
        if not self.get(entry_id).state.is_over:
            raise LibraryError(f"{entry.title} is still being analysed; cancel it first")
        purge(self.library, entry.id)

    def used_bytes(self) -> int:
        """Return the size of all analyses in storage."""
        with self.library.database.reading() as session:
            return int(session.scalar(select(func.sum(AnalysisRow.bytes)).where(AnalysisRow.owner == self.owner)) or 0)

    def retention_days(self) -> int | None:
        """Return the retention period in days; None for unlimited."""
        with self.library.database.reading() as session:
            return mapping.retention_days_of(session, self.owner)

    def set_retention_days(self, days: int | None) -> None:
        """Set the retention period of all analyses, including existing ones.

        Args:
            days: Days from the end of an analysis; None for unlimited.

        Raises:
            LibraryError: The number of days is out of range.
        """
        if days is not None and not 1 <= days <= 36_500:
            raise LibraryError(f"expected 1 to 36500 days, or none; got {days}")
        with self.library.database.writing() as session:
            session.merge(OwnerRow(owner=self.owner, retention_days=days))
            for row in mapping.readable_rows(session, select(AnalysisRow).where(AnalysisRow.owner == self.owner)):
                row.kept_until = mapping.expiry(row, days)

    @contextmanager
    def _changing(self, entry_id: str) -> Iterator[AnalysisRow]:
        with self.library.database.writing() as session:
            yield row_of(session, entry_id, self.owner, lock=True)
