"""The analysis that is open: out of the library, with its video where this machine has it."""

from __future__ import annotations

from pathlib import Path

from emotion.analytics.apply import apply_edits
from emotion.analytics.edits import Edits
from emotion.dates import day_text
from emotion.library import Entry, Repository, State
from emotion.types import Analysis
from ui.common.widgets import browser_zone
from ui.video.footage import Footage

MOST_OTHERS = 500
"""Analyses that are offered for a comparison, the newest."""


class Opened:
    """What the views of a result are given.

    Attributes:
        entry: As it was found in the library.
        footage: The video, if it is there.
    """

    def __init__(self, library: Repository, entry: Entry, footage: Footage | None) -> None:
        self._library, self.entry, self.footage = library, entry, footage
        self._edits = entry.edits

    @property
    def stem(self) -> str:
        """What downloads are called: the title, which has no ending to lose."""
        return self.entry.title

    @property
    def path(self) -> Path | None:
        """The video's file."""
        return None if self.footage is None else self.footage.path

    @property
    def playable(self) -> Path | None:
        """What a browser can play, once it is there."""
        return None if self.footage is None else self.footage.playable

    @property
    def edits(self) -> Edits:
        """What people added; kept in the library as soon as it changes."""
        return self._edits

    @edits.setter
    def edits(self, edits: Edits) -> None:
        self._library.save_edits(self.entry.id, edits)
        self._edits = edits

    def others(self) -> dict[str, str]:
        """Return id → title and day of the other analyses that have a result, the newest first."""
        found = self._library.search(states=[State.DONE, State.CANCELLED], limit=MOST_OTHERS).entries
        zone = browser_zone()
        return {
            other.id: f"{other.title} · {day_text(other.happened_at.astimezone(zone))}"
            for other in found
            if other.id != self.entry.id and other.summary
        }

    def load(self, analysis_id: str) -> tuple[Analysis, Edits]:
        """Return another analysis with its edits applied, and these.

        Raises:
            EmotionError: It is gone, or its edits contradict themselves.
        """
        edits = self._library.get(analysis_id).edits
        return apply_edits(self._library.load_analysis(analysis_id), edits), edits
