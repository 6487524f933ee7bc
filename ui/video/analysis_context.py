"""The open analysis: its library entry, edits and video."""

from __future__ import annotations

from pathlib import Path

from emotion.analytics.apply import apply_edits
from emotion.analytics.edits import Edits
from emotion.dates import day_text
from emotion.library import Entry, Repository, State
from emotion.types import Analysis
from ui.common.entries import is_whole, state_text
from ui.common.widgets import browser_zone
from ui.video.video_source import VideoSource

MOST_OTHERS = 500
"""The newest analyses that are offered for a comparison."""


class AnalysisContext:
    """What the views of an analysis need.

    Attributes:
        entry: The library entry.
        video_source: The video; None if it was not kept.
    """

    def __init__(self, library: Repository, entry: Entry, video_source: VideoSource | None) -> None:
        self._library, self.entry, self.video_source = library, entry, video_source
        self._edits = entry.edits

    @property
    def stem(self) -> str:
        """The title, used as name of downloads."""
        return self.entry.title

    @property
    def path(self) -> Path | None:
        """The video's file."""
        return None if self.video_source is None else self.video_source.path

    @property
    def playable(self) -> Path | None:
        """A file that browsers can play; None if it is not ready."""
        return None if self.video_source is None else self.video_source.playable

    @property
    def edits(self) -> Edits:
        """Names, merges, events and other edits; every change is saved to the library."""
        return self._edits

    @edits.setter
    def edits(self, edits: Edits) -> None:
        self._library.save_edits(self.entry.id, edits)
        self._edits = edits

    def others(self) -> dict[str, str]:
        """Return id → title and day of other analyses that have a result, newest first; incomplete ones say so."""
        found = self._library.search(states=[State.DONE, State.CANCELLED], limit=MOST_OTHERS).entries
        zone = browser_zone()
        return {
            other.id: _named(other, day_text(other.happened_at.astimezone(zone)))
            for other in found
            if other.id != self.entry.id and other.summary
        }

    def load(self, analysis_id: str) -> tuple[Analysis, Edits]:
        """Return another analysis with its edits applied, and the edits.

        Raises:
            EmotionError: It was deleted, or its edits are contradictory.
        """
        edits = self._library.get(analysis_id).edits
        return apply_edits(self._library.load_analysis(analysis_id), edits), edits


def _named(entry: Entry, day: str) -> str:
    return " · ".join([entry.title, day, *([] if is_whole(entry) else [state_text(entry)])])
