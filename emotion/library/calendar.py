"""Daily shares of expressions over a whole library."""

from __future__ import annotations

import datetime as dt
import logging
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select

from emotion.library.mapping import DAMAGED_ROW_ERRORS, readable_columns
from emotion.library.orm import AnalysisRow
from emotion.library.repository import Repository

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Day:
    """One day of a library.

    Attributes:
        date: The date.
        analyses: Number of videos recorded on it, or added if the recording time is unknown.
        faces_s: Face time in them, s.
        shares: Answer → share of face time, in the order of the first label set.
    """

    date: dt.date
    analyses: int
    faces_s: float
    shares: Mapping[str, float]


def days(repository: Repository, *, zone: dt.tzinfo = dt.UTC) -> list[Day]:
    """Return the days with a finished analysis, in order.

    Args:
        repository: The owner's repository.
        zone: Time zone of the days.
    """
    query = select(AnalysisRow.happened_at, AnalysisRow.summary).where(
        AnalysisRow.owner == repository.owner, AnalysisRow.summary.is_not(None)
    )
    with repository.library.database.reading() as session:
        rows = readable_columns(session, query.order_by(AnalysisRow.happened_at))
    seconds: dict[dt.date, dict[str, float]] = {}
    counts: dict[dt.date, int] = defaultdict(int)
    for moment, summary in rows:
        try:
            shown = {answer: share * summary["faces_s"] for answer, share in summary.get("shares", {}).items()}
        except DAMAGED_ROW_ERRORS:
            log.warning("the figures of an analysis cannot be read; its day is shown without it")
            continue
        date = moment.astimezone(zone).date()
        counts[date] += 1
        day = seconds.setdefault(date, {})
        for answer, seconds_of in shown.items():
            day[answer] = day.get(answer, 0.0) + seconds_of
    return [_day(date, counts[date], seconds[date]) for date in seconds]


def _day(date: dt.date, count: int, seconds: Mapping[str, float]) -> Day:
    total = sum(seconds.values())
    return Day(date, count, total, {answer: value / total if total else 0.0 for answer, value in seconds.items()})
