"""A row of figures for each person, under the name that the edits give."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from emotion.report.edited import Edited


@dataclass(frozen=True, slots=True)
class PersonRow:
    """Figures of one person; times in seconds, shares and smile index 0–1, None where there is nothing to say."""

    track_id: int
    name: str
    first_s: float
    last_s: float
    seconds: float
    frames: int
    dominant: str | None
    smile_index: float | None
    changes_per_minute: float | None
    shares: Mapping[str, float]


def people_rows(edited: Edited, summary: Mapping[str, Any]) -> list[PersonRow]:
    """Return a row per person of :func:`emotion.analytics.summary.summarise`'s answer, in its order."""
    figures = [name for name in PersonRow.__dataclass_fields__ if name != "name"]
    return [
        PersonRow(name=edited.name(track["track_id"]), **{figure: track[figure] for figure in figures})
        for track in summary["tracks"]
    ]
