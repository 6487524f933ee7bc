"""One owner's library: what the pages are given, so that none of them can name another owner.

It has the methods of :class:`emotion.library.Library` and the functions of the queue without their ``owner``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from emotion.analytics.edits import Edits
from emotion.library import calendar
from emotion.library.entries import LOCAL, Entry, JobSettings, State
from emotion.library.jobs import queue
from emotion.library.repository import Library
from emotion.library.search import Page
from emotion.types import Analysis


@dataclass(frozen=True, slots=True)
class OwnLibrary:
    """A library as one owner sees it; what others own is as if it were not there.

    Every method does what the one of its name does in :class:`~emotion.library.Library` or :mod:`emotion.library.jobs`.

    Attributes:
        shared: The library of all owners. Whatever is done with it by another way must say for whom.
        owner: Whose part this is.
    """

    shared: Library
    owner: str = LOCAL

    def add(
        self,
        content: BinaryIO | Path,
        name: str,
        settings: JobSettings | None = None,
        *,
        title: str | None = None,
        tags: Collection[str] = (),
    ) -> Entry:
        """Take in a video and put its analysis into the queue."""
        return self.shared.add(content, name, settings, title=title, tags=tags, owner=self.owner)

    def get(self, entry_id: str) -> Entry:
        """Return one analysis."""
        return self.shared.get(entry_id, owner=self.owner)

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
        """Return some of the analyses that fit."""
        return self.shared.search(
            text, tags=tags, states=states, sort=sort, limit=limit, offset=offset, owner=self.owner
        )

    def tags(self) -> dict[str, int]:
        """Return every tag with the number of analyses that have it."""
        return self.shared.tags(owner=self.owner)

    def rename(self, entry_id: str, title: str) -> None:
        """Give an analysis another title."""
        self.shared.rename(entry_id, title, owner=self.owner)

    def tag(self, entry_id: str, tags: Collection[str]) -> None:
        """Give an analysis these tags and no others."""
        self.shared.tag(entry_id, tags, owner=self.owner)

    def save_edits(self, entry_id: str, edits: Edits) -> None:
        """Keep what a person added to an analysis."""
        self.shared.save_edits(entry_id, edits, owner=self.owner)

    def load_analysis(self, entry_id: str) -> Analysis:
        """Return an analysis with its timeline."""
        return self.shared.load_analysis(entry_id, owner=self.owner)

    def video_path(self, entry_id: str) -> Path | None:
        """Return where the video lies on this machine."""
        return self.shared.video_path(entry_id, owner=self.owner)

    def drop_video(self, entry_id: str) -> None:
        """Delete the video of an analysis that is over, and keep the rest."""
        self.shared.drop_video(entry_id, owner=self.owner)

    def delete(self, entry_id: str) -> None:
        """Delete an analysis with all that belongs to it."""
        self.shared.delete(entry_id, owner=self.owner)

    def used_bytes(self) -> int:
        """Return how much room all analyses take."""
        return self.shared.used_bytes(owner=self.owner)

    def retention_days(self) -> int | None:
        """Return after how many days analyses are deleted."""
        return self.shared.retention_days(owner=self.owner)

    def set_retention_days(self, days: int | None) -> None:
        """Say after how many days analyses are deleted."""
        self.shared.set_retention_days(days, owner=self.owner)

    def cancel(self, entry_id: str) -> None:
        """Ask that an analysis stops."""
        queue.cancel(self.shared, entry_id, owner=self.owner)

    def resume(self, entry_id: str) -> None:
        """Put an analysis that broke off back into the queue."""
        queue.resume(self.shared, entry_id, owner=self.owner)

    def place_in_queue(self, entry_id: str) -> int | None:
        """Return how many analyses, of all owners, will begin before this one."""
        return queue.place_in_queue(self.shared, entry_id, owner=self.owner)

    def places_in_queue(self) -> dict[str, int]:
        """Return for each analysis that waits how many, of all owners, will begin before it."""
        return queue.places_in_queue(self.shared, owner=self.owner)

    def days(self, zone: dt.tzinfo = dt.UTC) -> list[calendar.Day]:
        """Return the days that have an analysis with a result."""
        return calendar.days(self.shared, owner=self.owner, zone=zone)
