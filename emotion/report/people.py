"""A row of figures per person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from emotion.analytics.behaviour.summary import records
from emotion.analytics.people import people_table
from emotion.report.edited import Edited


@dataclass(frozen=True, slots=True)
class PersonRow:
    """Figures of one person: times in s, shares and smile index 0–1, None if undefined.

    See :func:`emotion.analytics.people.people_table` for steadiness and changed posture.
    """

    track_id: int
    name: str
    first_s: float
    last_s: float
    seconds: float
    frames: int
    dominant: str | None
    smile_index: float | None
    changes_per_minute: float | None
    steadiness: float | None
    posture_changed_s: float
    shares: Mapping[str, float]


def people_rows(edited: Edited, summary: Mapping[str, Any]) -> list[PersonRow]:
    """Return a row per person, in order of number.

    Args:
        edited: The analysis with its edits.
        summary: Result of :func:`emotion.analytics.summary.summarise`.
    """
    shares = {track["track_id"]: track["shares"] for track in summary["tracks"]}
    table = people_table(edited.analysis, edited.names())
    rows = records(table.rename(columns={"person": "name"}))
    return [PersonRow(**row, shares=shares[row["track_id"]]) for row in rows]
