"""An analysis with its edits applied, from which every format is written, with the names of its people."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from emotion.analytics.abstention import answers
from emotion.analytics.apply import apply_edits
from emotion.analytics.behaviour.span_figures import Behaviour, behaviour_of
from emotion.analytics.edits import Edits, Event
from emotion.publication.methods import methods_text
from emotion.types import Analysis

NO_EDITS = Edits()


@dataclass(frozen=True, eq=False)
class Edited:
    """An analysis with its edits.

    Attributes:
        raw: The analysis without edits, for blurring, which must also cover hidden people.
        edits: The user's edits.
        analysis: The analysis with the edits applied.
    """

    raw: Analysis
    edits: Edits
    analysis: Analysis

    def name(self, track_id: int) -> str:
        """Return a person's name on one line, or ``"Person <number>"``."""
        given = " ".join(self.edits.names.get(track_id, "").split())
        return given or f"Person {track_id}"

    def tracks(self) -> list[int]:
        """Return the track ids of all people, in order."""
        return sorted(int(track) for track in self.analysis.timeline["track_id"].unique())

    def names(self) -> dict[int, str]:
        """Return track → name of all people, in order of track."""
        return {track: self.name(track) for track in self.tracks()}

    def events(self) -> list[Event]:
        """Return the events, in order of time."""
        return sorted(self.edits.events, key=lambda event: (event.span.start_s, event.span.end_s))

    def named_timeline(self) -> pd.DataFrame:
        """Return the timeline with ``person``, the name, and ``answer``, which may be unclear."""
        timeline = self.analysis.timeline
        return timeline.assign(
            person=timeline["track_id"].map(self.names()).astype(str),
            answer=answers(timeline, self.analysis.abstain_below),
        )

    @cached_property
    def behaviour(self) -> Behaviour:
        """Measurements of eyes, heads and movements, relative to people's baselines if there are any."""
        return behaviour_of(self.analysis, self.edits.baselines)

    @property
    def methods(self) -> str:
        """The methods paragraph, the same in every output."""
        return methods_text(self.analysis, self.edits)

    def named(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return a table with a column ``person``, the name, after its ``track_id``."""
        named = table.copy()
        named.insert(list(table).index("track_id") + 1, "person", table["track_id"].map(self.names()).astype(str))
        return named


def edit(analysis: Analysis, edits: Edits | None = None) -> Edited:
    """Apply edits to an analysis.

    Raises:
        InputError: The edits contradict themselves.
    """
    chosen = edits or NO_EDITS
    return Edited(analysis, chosen, apply_edits(analysis, chosen))
