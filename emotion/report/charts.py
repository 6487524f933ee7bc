"""Charts of a report (probabilities per person with events, donut of shares, faces), and all charts as figures."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import altair as alt
import pandas as pd

from emotion.analytics.behaviour.face_means import mean_movements
from emotion.analytics.behaviour.signals import has_movements
from emotion.analytics.durations import counted_durations
from emotion.analytics.episodes import transitions
from emotion.analytics.lanes import empty_spans, fit_to_screen, longest_seen, unclear_spans
from emotion.analytics.summary import summarise
from emotion.charts.common import EDGE, label_colour
from emotion.charts.insight import heat_chart, transition_chart
from emotion.charts.presence import presence_chart
from emotion.charts.timeline import share_donut, timeline_chart
from emotion.charts.times import seconds_axis
from emotion.drawing.face_map import face_map
from emotion.fonts import FAMILY
from emotion.labels import ANSWER_COLOURS, UNCLEAR, display_order
from emotion.progress import OnProgress, ProgressReporter
from emotion.publication.figure import figure
from emotion.publication.formats import MEDIA_TYPES, FigureFormat
from emotion.publication.render import svg_to_png
from emotion.report.content import MAX_CHARTS
from emotion.report.edited import Edited

MAX_FACE_PEOPLE, MAX_FACE_EVENTS = 4, 6

WIDTH_PX, HEIGHT_PX, DONUT_PX = 860, 96, 220


@dataclass(frozen=True, slots=True)
class Paper:
    """Text colour and background of a chart."""

    ink: str
    background: str


SCREEN = Paper("currentColor", "transparent")
"""Follows the page's own colours, light or dark."""

PRINT = Paper("#333333", "#FFFFFF")


def person_chart(edited: Edited, track: int, paper: Paper) -> alt.LayerChart:
    """Return one person's stacked probabilities over time, empty while they are out of view.

    In dashed spans nobody is in view; numbers mark events; a bar at the bottom marks unclear answers.
    """
    analysis = edited.analysis
    end_s = _end_s(edited)
    rows = analysis.timeline[analysis.timeline["track_id"] == track]
    spans, corners = fit_to_screen(rows, analysis.frames, [track], analysis.abstain_below)
    area = (
        alt.Chart(corners)
        .mark_area(interpolate="linear", line=False)
        .encode(
            x=_time_axis(end_s),
            y=_lane(),
            y2="high:Q",
            detail="run:N",
            color=label_colour(display_order(analysis.labels), legend=None),
        )
    )
    layers = [_spans(empty_spans(analysis.frames), dashed=True), area]
    if analysis.abstain_below > 0:
        layers.append(_unclear(unclear_spans(spans)))
    layers += _marks(edited, paper, end_s)
    return _on_paper(alt.LayerChart(layer=layers, width=WIDTH_PX, height=HEIGHT_PX), paper)


def donut_chart(shares: dict[str, float], paper: Paper) -> alt.LayerChart:
    """Return shares, 0–1 and not all 0, as a donut."""
    return _on_paper(share_donut(shares, DONUT_PX).properties(width=DONUT_PX), paper)


@dataclass(frozen=True, slots=True)
class Face:
    """A drawn face with mean movements.

    Attributes:
        title: The person and the time span.
        svg: The drawing, in the text's colour.
    """

    title: str
    svg: str


def movement_faces(edited: Edited) -> list[Face]:
    """Return drawn faces of the people seen longest: one for the whole video and one per event.

    At most :data:`MAX_FACE_PEOPLE` people and :data:`MAX_FACE_EVENTS` events. People without movements or a known face
    at rest have none.
    """
    timeline = edited.analysis.timeline
    if not has_movements(timeline):
        return []
    behaviour = edited.behaviour
    events = [event for event in edited.events() if not event.excluded][:MAX_FACE_EVENTS]
    spans = [("all of the video", None), *((event.label, event.span) for event in events)]
    means = [(when, mean_movements(behaviour, span)) for when, span in spans]
    return [
        _face(f"{edited.name(track)}, {when}", of_person[track])
        for track in longest_seen(timeline, MAX_FACE_PEOPLE)
        for when, of_person in means
        if of_person.get(track)
    ]


def _face(title: str, means: Mapping[str, float]) -> Face:
    return Face(title, face_map(means, f"Mean movements of {title}"))


def face_png(face: Face) -> bytes:
    """Return a face as a PNG file's bytes, black on white."""
    # On a transparent background, the library darkens translucent colours.
    paper = f'<rect width="100%" height="100%" fill="{PRINT.background}"/>'
    return svg_to_png(face.svg.replace(">", f">{paper}", 1))


def _on_paper(chart: alt.LayerChart, paper: Paper) -> alt.LayerChart:
    text = {"labelColor": paper.ink, "titleColor": paper.ink}
    return (
        chart.configure(background=paper.background, font=f"{FAMILY}, system-ui, sans-serif", padding=2)
        .configure_view(strokeWidth=0)
        .configure_axis(
            **text, domainColor=EDGE, tickColor=EDGE, labelFontSize=12, titleFontSize=12, titleFontWeight="normal"
        )
    )


def _end_s(edited: Edited) -> float:
    """Return the end of the time axis, s."""
    frames = edited.raw.frames
    ends = frames["time_s"] + counted_durations(frames)
    end_s = max(edited.raw.info.duration_s if edited.raw.complete else 0.0, float(ends.max()) if len(ends) else 0.0)
    return max(end_s, 1e-3)


def _time_axis(end_s: float) -> alt.X:
    # Minutes and seconds for short videos as well, as in the report's tables.
    return seconds_axis(domain=[0.0, end_s], clock=True)


def _lane() -> alt.Y:
    return alt.Y("low:Q", axis=None, scale=alt.Scale(domain=[1, 0], nice=False, zero=False))


def _spans(spans: pd.DataFrame, *, dashed: bool) -> alt.Chart:
    style: dict[str, Any] = {"strokeDash": [3, 3]} if dashed else {}
    return (
        alt.Chart(spans.assign(low=0.0, high=1.0))
        .mark_rect(fill=EDGE, fillOpacity=0.08, stroke=EDGE, strokeWidth=1, **style)
        .encode(x="start_s:Q", x2="end_s:Q", y=_lane(), y2="high:Q")
    )


def _unclear(stretches: pd.DataFrame) -> alt.Chart:
    return (
        alt.Chart(stretches.assign(low=0.96, high=1.0))
        .mark_rect(fill=ANSWER_COLOURS[UNCLEAR])
        .encode(x="start_s:Q", x2="end_s:Q", y=_lane(), y2="high:Q")
    )


def _marks(edited: Edited, paper: Paper, end_s: float) -> list[alt.Chart]:
    """Return the layers of events: frames around spans, and numbered lines at starts.

    Logs may go on after the video. What is past its end is not drawn, as it would make the picture wider.
    """
    events = [(number, each.span) for number, each in enumerate(edited.events(), start=1) if each.span.start_s <= end_s]
    if not events:
        return []
    table = pd.DataFrame(
        {
            "start_s": [span.start_s for _, span in events],
            "end_s": [min(span.end_s, end_s) for _, span in events],
            "number": [str(number) for number, _ in events],
        }
    )
    lines = alt.Chart(table).mark_rule(color=paper.ink, strokeWidth=1.5).encode(x="start_s:Q")
    numbers = (
        alt.Chart(table)
        .mark_text(align="left", baseline="bottom", dx=1, dy=-2, color=paper.ink, fontSize=11, fontWeight="bold")
        .encode(x="start_s:Q", y=alt.value(0), text="number:N")
    )
    return [_spans(table[table["end_s"] > table["start_s"]], dashed=False), lines, numbers]


def write_charts(
    edited: Edited, path: Path, width_mm: float, on_progress: OnProgress | None = None, *, greyscale: bool = False
) -> None:
    """Write a zip file with every chart of an analysis as SVG and PDF, and the methods paragraph.

    Args:
        edited: The analysis with its edits.
        path: The file.
        width_mm: Width of every figure, mm.
        on_progress: Called after every chart.
        greyscale: Whether patterns replace colours.
    """
    charts = figures_of(edited)
    progress = ProgressReporter(len(charts), on_progress)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, chart in charts.items():
            for kind in MEDIA_TYPES:
                file.writestr(f"{name}.{kind}", figure(chart, FigureFormat(kind, width_mm, greyscale)))
            progress.advance()
        file.writestr("methods.txt", edited.methods + "\n")


def figures_of(edited: Edited) -> dict[str, alt.TopLevelMixin]:
    """Return the charts of an analysis that need no choice, by file name; empty without faces."""
    analysis = edited.analysis
    if analysis.timeline.empty:
        return {}
    charts: dict[str, alt.TopLevelMixin] = {
        "timeline": timeline_chart(analysis, names=edited.names()),
        "time-per-expression": share_donut(summarise(analysis)["shares"]),
        "heat": heat_chart(analysis),
        "transitions": transition_chart(transitions(analysis)),
    }
    for track in longest_seen(analysis.timeline, MAX_CHARTS):
        charts[f"person-{track}-heat"] = heat_chart(analysis, track)
        charts[f"person-{track}-presence"] = presence_chart(analysis, track)
    return charts
