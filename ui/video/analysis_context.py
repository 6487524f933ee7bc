"""The open analysis: its library entry, video, and edits as this page last saw them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import streamlit as st

from emotion.analytics.apply import apply_edits
from emotion.analytics.edits import Edits
from emotion.dates import day_text
from emotion.evaluation.cards.document import listed
from emotion.library import Entry, Repository, SavedEdits, State
from emotion.types import Analysis
from ui.common.entries import is_fully_analysed, state_text
from ui.common.session_cache import session_cached
from ui.common.widgets import browser_zone
from ui.video.video_source import VideoSource

T = TypeVar("T")

MOST_OTHERS = 500
"""Maximum number of analyses that are offered for a comparison, the newest first."""

_SEEN = "seen_edits"
_NAMED = 3
"""Number of conflicts that a message lists; it only counts the others."""


@dataclass(slots=True)
class SeenEdits:
    """What this page's widgets show.

    Attributes:
        entry_id: The analysis.
        saved: Its edits when the page last read or saved them.
        generation: How often another page's changes were taken over. It is part of the keys of fields, because a field
            with an unchanged key would keep its old value and save it over the new one.
        conflicts: Changes that the last save rejected, because another page had changed the same thing.
    """

    entry_id: str
    saved: SavedEdits
    generation: int = 0
    conflicts: tuple[str, ...] = ()

    def take_saved(self, saved: SavedEdits, wanted: object) -> None:
        """Store the result of a save; ``wanted`` are the edits that the page tried to save."""
        self.conflicts = saved.conflicts
        self.generation += saved.edits != wanted
        self.saved = SavedEdits(saved.edits, saved.version)

    def catch_up(self, entry: Entry) -> bool:
        """Take over what another page saved, and return whether there was anything new."""
        if entry.edits_version <= self.saved.version:
            return False
        self.generation += entry.edits != self.saved.edits
        self.saved = entry.saved_edits
        return True


def seen_edits(entry: Entry) -> SeenEdits:
    """Return the edits that this session shows of an analysis."""
    seen: SeenEdits | None = st.session_state.get(_SEEN)
    if seen is None or seen.entry_id != entry.id:
        seen = st.session_state[_SEEN] = SeenEdits(entry.id, entry.saved_edits)
    return seen


def conflict_text(conflicts: tuple[str, ...]) -> str:
    """Return a sentence that says what was not saved; empty for no conflicts."""
    if not conflicts:
        return ""
    named = [*conflicts[:_NAMED], *([f"{len(conflicts) - _NAMED} more"] if len(conflicts) > _NAMED else [])]
    changed = f"Another page changed {listed(named)} in the meantime"
    return f"{changed}; that version was kept, and your change to it was not saved."


class AnalysisContext:
    """What the views of an analysis need.

    Attributes:
        entry: The library entry.
        video_source: The video; None if it was not kept.
    """

    def __init__(self, library: Repository, entry: Entry, video_source: VideoSource | None) -> None:
        self._library, self.entry, self.video_source = library, entry, video_source
        self._seen = seen_edits(entry)

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
        """Names, merges, events and other edits, as this page last saw them.

        Every change is saved to the library, together with what other pages saved in the meantime.
        """
        return self._seen.saved.edits

    @edits.setter
    def edits(self, edits: Edits) -> None:
        saved = self._library.save_edits(self.entry.id, edits, since=self._seen.saved)
        self._seen.take_saved(saved, edits)

    def cached(self, key: str, make: Callable[[], T]) -> T:
        """Return the result of ``make``, which is called again only after the analysis or its edits have changed.

        Args:
            key: Name of the result.
            make: Computes it from the analysis and its edits.
        """
        return session_cached(key, (self.entry.id, self.entry.finished_at, self.edits), make)

    @property
    def generation(self) -> int:
        """How often another page's changes were taken over; part of the keys of fields that show edits."""
        return self._seen.generation

    @property
    def conflict(self) -> str:
        """A sentence about the changes that the last save rejected in favour of another page's; empty without any."""
        return conflict_text(self._seen.conflicts)

    def catch_up(self) -> bool:
        """Take over what another page saved, and return whether there was anything.

        Called after all fields were shown, because a field may hold a change that is not saved yet.
        """
        return self._seen.catch_up(self.entry)

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
        """Return another analysis with its edits applied, and the edits; kept until either changes.

        Raises:
            EmotionError: It was deleted, or its edits are contradictory.
        """
        other = self._library.get(analysis_id)
        return session_cached(
            "compared_analysis",
            (other.id, other.finished_at, other.edits_version),
            lambda: (apply_edits(self._library.load_analysis(other.id), other.edits), other.edits),
        )


def _named(entry: Entry, day: str) -> str:
    return " · ".join([entry.title, day, *([] if is_fully_analysed(entry) else [state_text(entry)])])
