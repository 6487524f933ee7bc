"""The content of a report, which HTML and PDF lay out."""

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
"""Number of people with a chart, those seen longest; the table has everybody."""

NO_FACE = "No face was found, so there are no charts over time."

FACES_HOW = (
    "A spot shows where the face moved, an arrow in which direction; the stronger the colour, the larger the mean "
    "movement from the person's face at rest, in distances between the eyes (0.05 is about 3 mm). Left and right are "
    "the person's own. Names of movements are no action units: nothing was compared with coded faces."
)


@dataclass(frozen=True, slots=True)
class Share:
    """An expression's share of face time, 0–1, with its colour."""

    label: str
    colour: str
    share: float


@dataclass(frozen=True, slots=True)
class EventRow:
    """An event with its number in the charts."""

    number: int
    when: str
    label: str
    excluded: bool


@dataclass(frozen=True, slots=True, eq=False)
class Report:
    """The content of a report.

    Attributes:
        source: Name of the video.
        created: Date and time as text.
        version: Version of this program.
        note: Why the analysis is incomplete, or empty.
        headlines: The main figures.
        shares: Shares in the order of charts; empty without a face.
        unclear: Explanation of unclear answers; empty if the model has no limit.
        colours: Answer → colour for the legend, in the order of charts.
        people: Figures of everybody.
        charted: Track ids of the people with a chart.
        events: Events in order of time.
        settings: Facts of the video and settings of the analysis.
        model: Facts from the model's card.
        scores: The model's scores.
        limits: What the figures cannot show.
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
        edited: The analysis with its edits.
        created: Time of the report; now by default.
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
    """Return the events, numbered in order of time."""
    rows = []
    for number, event in enumerate(edited.events(), start=1):
        start, end = facts.clock(event.span.start_s), facts.clock(event.span.end_s)
        rows.append(EventRow(number, start if start == end else f"{start}–{end}", event.label, event.excluded))
    return rows
