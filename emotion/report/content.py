"""What a report says, in the order in which it says it: HTML and PDF only lay it out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from emotion.analytics.abstention import answer_names, explain
from emotion.analytics.lanes import longest_seen
from emotion.analytics.summary import summarise
from emotion.dates import moment_text
from emotion.labels import ANSWER_COLOURS
from emotion.report import facts
from emotion.report.edited import Edited
from emotion.report.facts import Fact, Scores
from emotion.report.people import PersonRow, people_rows
from emotion.version import program_version

MAX_CHARTS = 12
"""People who get a chart of their own, those seen longest; the table has everybody."""

NO_FACE = "No face was found in what was analysed, so there is nothing to show over time."


@dataclass(frozen=True, slots=True)
class Share:
    """An expression's share of the faces' time, 0–1, with its colour."""

    label: str
    colour: str
    share: float


@dataclass(frozen=True, slots=True)
class EventRow:
    """A marked moment or span under the number that charts show."""

    number: int
    when: str
    label: str
    excluded: bool


@dataclass(frozen=True, slots=True, eq=False)
class Report:
    """Everything that is written down.

    Attributes:
        source: Name of the video.
        created: Date and time, for people.
        version: Of this program.
        note: Why the analysis is not complete; empty if it is.
        headlines: The first figures.
        shares: In the order of charts; empty without a face.
        unclear: What an unclear answer is; empty where the model has no limit.
        colours: Answer → colour, for the legend, in the order of charts.
        people: Everybody.
        charted: Numbers of those with a chart.
        events: In order of time.
        settings: Of the video and the analysis.
        model: The model's card.
        scores: How well it was measured.
        limits: What not to conclude.
    """

    source: str
    created: str
    version: str
    note: str
    headlines: list[Fact]
    shares: list[Share]
    unclear: str
    colours: dict[str, str]
    people: list[PersonRow]
    charted: list[int]
    events: list[EventRow]
    settings: list[Fact]
    model: list[Fact]
    scores: list[Scores]
    limits: tuple[str, ...]


def build_report(edited: Edited, created: datetime | None = None) -> Report:
    """Return the report of an analysis.

    Args:
        edited: What it is about.
        created: When it is written; now if not given.
    """
    analysis = edited.analysis
    summary, limit = summarise(analysis), analysis.abstain_below
    shares = [Share(label, ANSWER_COLOURS[label], share) for label, share in summary["shares"].items()]
    return Report(
        source=analysis.source,
        created=moment_text(created or datetime.now()),
        version=program_version(),
        note=analysis.note,
        headlines=facts.headline_facts(summary),
        shares=[] if analysis.timeline.empty else shares,
        unclear=explain(limit) if limit > 0 else "",
        colours={label: ANSWER_COLOURS[label] for label in answer_names(analysis.labels, limit)},
        people=people_rows(edited, summary),
        charted=longest_seen(analysis.timeline, MAX_CHARTS),
        events=event_rows(edited),
        settings=facts.settings_facts(analysis),
        model=facts.model_facts(analysis),
        scores=facts.model_scores(analysis.model),
        limits=facts.LIMITS,
    )


def event_rows(edited: Edited) -> list[EventRow]:
    """Return what was marked, numbered in order of time."""
    rows = []
    for number, event in enumerate(edited.events(), start=1):
        start, end = facts.clock(event.span.start_s), facts.clock(event.span.end_s)
        rows.append(EventRow(number, start if start == end else f"{start}–{end}", event.label, event.excluded))
    return rows
