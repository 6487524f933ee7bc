"""An analysis as its edits make it, with everybody's name: what every format is written from."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from emotion.analytics.abstention import answers
from emotion.analytics.apply import apply_edits
from emotion.analytics.edits import Edits, Event
from emotion.types import Analysis

NO_EDITS = Edits()


@dataclass(frozen=True, slots=True, eq=False)
class Edited:
    """What is exported.

    Attributes:
        raw: The analysis as it was made; only blurring looks at it, as hidden people have faces too.
        edits: What a person added.
        analysis: The analysis with tracks merged and hidden and excluded spans left out.
    """

    raw: Analysis
    edits: Edits
    analysis: Analysis

    def name(self, track_id: int) -> str:
        """Return what a person is called: on one line, as it stands in tables, captions and pictures."""
        given = " ".join(self.edits.names.get(track_id, "").split())
        return given or f"Person {track_id}"

    def tracks(self) -> list[int]:
        """Return the numbers of the people who are in it, in order."""
        return sorted(int(track) for track in self.analysis.timeline["track_id"].unique())

    def events(self) -> list[Event]:
        """Return what was marked, in order of time."""
        return sorted(self.edits.events, key=lambda event: (event.span.start_s, event.span.end_s))

    def named_timeline(self) -> pd.DataFrame:
        """Return the timeline with two columns more: ``person``, the name, and ``answer``, where unclear is one."""
        timeline = self.analysis.timeline
        names = {track: self.name(track) for track in self.tracks()}
        return timeline.assign(
            person=timeline["track_id"].map(names).astype(str),
            answer=answers(timeline, self.analysis.abstain_below),
        )


def edit(analysis: Analysis, edits: Edits | None = None) -> Edited:
    """Apply edits to an analysis.

    Raises:
        InputError: The edits contradict themselves.
    """
    chosen = edits or NO_EDITS
    return Edited(analysis, chosen, apply_edits(analysis, chosen))
