"""The content of a report, which HTML and PDF lay out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import pandas as pd

from emotion.analytics.abstention import answer_names, explain
from emotion.analytics.behaviour.movements import BASELINE, UNKNOWN
from emotion.analytics.behaviour.sampling import sampling_notes
from emotion.analytics.behaviour.span_figures import WHOLE, by_span, person_figures
from emotion.analytics.edits import Event
from emotion.analytics.lanes import longest_seen
from emotion.analytics.summary import summarise
from emotion.dates import moment_text
from emotion.drawing.face_map import HOW_TO_READ
from emotion.labels import ANSWER_COLOURS
from emotion.report import facts
from emotion.report.edited import Edited
from emotion.report.facts import Fact, Scores
from emotion.report.people import PersonRow, people_rows
from emotion.version import program_version
from emotion.vision.movement_codebook import MOVEMENTS, Movement

MAX_CHARTS = 12
"""Number of people with a chart, those seen longest; the table has everybody."""

MOVEMENT_COLUMNS = 6
"""Columns of figures in a table of movements; more events continue in another table."""

MOVEMENTS_ABOUT = (
    "Mean movement in % of the eye distance, relative to the person at rest: the baseline, or the neutral frames if "
    "there is none. The action unit (AU) of FACS that a movement resembles is a reading aid; it was not validated on "
    "FACS-coded faces. Movements below 2% may come from the head's pose."
)

NO_FACE = "No face was found, so there are no charts over time."

FACES_HOW = f"{HOW_TO_READ} A moment includes one second before and after it."


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


@dataclass(frozen=True, slots=True)
class EyesRow:
    """Figures of one person's eyes and head as texts; a dash if unknown."""

    name: str
    values: tuple[str, ...]


EYES_HEADINGS = ("Blinks per min", "Eyes closed, s", "Towards the camera", "Nods", "Shakes", "Tilts")
"""Headings of the values of :class:`EyesRow`."""


@dataclass(frozen=True, slots=True)
class MovementTable:
    """One person's movements.

    Attributes:
        name: The person's name and what the movements are relative to.
        headings: Names of the columns after the movement's.
        rows: The movement's title, with the action unit that it resembles, and its values as texts.
    """

    name: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


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
        eyes: Eyes and head of everybody; empty if neither was measured.
        movements: Movements of the people with a chart.
        not_measured: Missing figures of eyes, head and movements, with the reason.
        events: Events in order of time.
        settings: Facts of the video and settings of the analysis.
        model: Facts from the model's card.
        scores: The model's scores.
        methods: The methods paragraph for a paper.
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
    eyes: list[EyesRow]
    movements: list[MovementTable]
    not_measured: list[str]
    events: list[EventRow]
    settings: list[Fact]
    model: list[Fact]
    scores: list[Scores]
    methods: str
    limits: tuple[str, ...]


def build_report(edited: Edited, created: datetime | None = None) -> Report:
    """Return the report of an analysis.

    Args:
        edited: The analysis with its edits.
        created: Time of the report; now by default.
    """
    analysis = edited.analysis
    summary, limit = summarise(analysis), analysis.abstain_below
    charted = longest_seen(analysis.timeline, MAX_CHARTS)
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
        charted=charted,
        eyes=eyes_rows(edited),
        movements=movement_tables(edited, charted),
        not_measured=sampling_notes(analysis),
        events=event_rows(edited),
        settings=facts.settings_facts(analysis),
        model=facts.model_facts(analysis),
        scores=facts.model_scores(analysis.model),
        methods=edited.methods,
        limits=facts.LIMITS,
    )


def eyes_rows(edited: Edited) -> list[EyesRow]:
    """Return a row per person, in order of number; none if nobody has a figure."""
    figures = person_figures(edited.behaviour)
    columns = ("blinks_per_minute", "closed_s", "towards_camera_share", "nods", "shakes", "tilts")
    forms = ("{:.1f}", "{:.1f}", "{:.0%}", "{:.0f}", "{:.0f}", "{:.0f}")
    if figures[list(columns)].isna().all(axis=None):
        return []
    return [
        EyesRow(edited.name(int(track)), tuple(map(_text, forms, row)))
        for track, row in zip(figures.index, figures[list(columns)].itertuples(index=False), strict=True)
    ]


def movement_tables(edited: Edited, tracks: list[int]) -> list[MovementTable]:
    """Return the movements of some people over the whole video, in the baseline and during each event.

    People whose rest is unknown have none.
    """
    events = edited.events()
    # Numbered as in the list of events: labels may be long or repeated, and "Event 5" is the name of an unnamed event.
    numbered = [Event(f"No. {n}", event.span, event.excluded) for n, event in enumerate(events, start=1)]
    table = by_span(edited.behaviour, numbered, movements=True)
    known = table[table["rest"] != UNKNOWN]
    return [one for track in tracks for one in _tables_of(edited.name(track), known[known["track_id"] == track])]


def _tables_of(name: str, rows: pd.DataFrame) -> list[MovementTable]:
    if rows.empty:
        return []
    spans, rest = list(dict.fromkeys(rows["span"])), rows["rest"].iloc[0]
    title = f"{name}, relative to the {'baseline' if rest == BASELINE else 'neutral frames'}"
    values = {span: part.set_index("movement") for span, part in rows.groupby("span")}
    whole = values.pop(WHOLE)
    columns = [("Whole video", whole["mean"]), ("Peak (95%)", whole["peak"]), ("Left − right", whole["asymmetry"])]
    columns += [(span.capitalize(), values[span]["mean"]) for span in spans if span != WHOLE]
    return [
        MovementTable(
            f"{title} (continued)" if start else title,
            tuple(head for head, _ in part),
            tuple(_movement_row(movement, [column for _, column in part]) for movement in MOVEMENTS),
        )
        for start in range(0, len(columns), MOVEMENT_COLUMNS)
        for part in [columns[start : start + MOVEMENT_COLUMNS]]
    ]


def _movement_row(movement: Movement, columns: list[pd.Series]) -> tuple[str, ...]:
    title = f"{movement.title} ({movement.resembles})"
    return title, *(_text("{:z.1f}", 100 * column[movement.name]) for column in columns)


def _text(form: str, value: float) -> str:
    return "–" if pd.isna(value) else form.format(value).replace("-", "−")


def event_rows(edited: Edited) -> list[EventRow]:
    """Return the events, numbered in order of time."""
    rows = []
    for number, event in enumerate(edited.events(), start=1):
        start, end = facts.clock(event.span.start_s), facts.clock(event.span.end_s)
        rows.append(EventRow(number, start if start == end else f"{start}–{end}", event.label, event.excluded))
    return rows
