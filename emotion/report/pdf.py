"""Writes a report as PDF on numbered A4 pages, with an embedded typeface."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib import colors
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Image, KeepTogether, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from emotion.fonts import font_bytes
from emotion.progress import OnProgress, ProgressReporter
from emotion.publication.render import to_png
from emotion.report.charts import PRINT, donut_chart, face_png, movement_faces, person_chart
from emotion.report.content import EYES_HEADINGS, FACES_HOW, MOVEMENTS_ABOUT, NO_FACE, Report, build_report
from emotion.report.edited import Edited
from emotion.report.facts import Fact, Scores, clock

_MARGIN = 18 * mm
_FRAME = 6
"""Padding of reportlab's frames, points."""
_WIDTH = A4[0] - 2 * _MARGIN
_INK, _SOFT, _LINE, _CARD = (colors.HexColor(code) for code in ("#1d2733", "#5b6775", "#d9dee4", "#f3f5f7"))
_REGULAR, _BOLD = "report", "report-bold"

_BODY = ParagraphStyle("body", fontName=_REGULAR, fontSize=9.5, leading=13.5, textColor=_INK, splitLongWords=1)
_ITEM = ParagraphStyle("item", _BODY, leftIndent=10, spaceAfter=3, bulletFontName=_REGULAR, bulletFontSize=9.5)
_SMALL = ParagraphStyle("small", _BODY, fontSize=8.2, leading=11.5, textColor=_SOFT)
_CELL = ParagraphStyle("cell", _BODY, fontSize=8.6, leading=11.5)
_NUMBER = ParagraphStyle("number", _CELL, alignment=TA_RIGHT)
_HEAD = ParagraphStyle("head", _CELL, fontName=_BOLD, textColor=_SOFT)
_HEAD_NUMBER = ParagraphStyle("head number", _HEAD, alignment=TA_RIGHT)
_FIGURE = ParagraphStyle("figure", _BODY, fontName=_BOLD, fontSize=13, leading=17)
_TITLE = ParagraphStyle("title", _BODY, fontName=_BOLD, fontSize=19, leading=24, spaceAfter=3)
_HEADING = ParagraphStyle(
    "heading", _BODY, fontName=_BOLD, fontSize=12.5, leading=16, spaceBefore=15, spaceAfter=5, keepWithNext=1
)
_SUBHEADING = ParagraphStyle("subheading", _BODY, fontName=_BOLD, spaceBefore=8, spaceAfter=2)


def write_pdf(edited: Edited, path: Path, on_progress: OnProgress | None = None) -> None:
    """Write the report."""
    for name, bold in ((_REGULAR, False), (_BOLD, True)):
        pdfmetrics.registerFont(TTFont(name, io.BytesIO(font_bytes(bold=bold))))
    report = build_report(edited)
    progress = ProgressReporter(len(report.charted) + 2, on_progress)
    document = SimpleDocTemplate(
        str(path),
        pagesize=A4,
        leftMargin=_MARGIN - _FRAME,
        rightMargin=_MARGIN - _FRAME,
        topMargin=_MARGIN,
        bottomMargin=20 * mm,
        title=f"Expressions in {report.source}",
        author=f"emotion {report.version}",
        lang="en",
    )
    document.build(list(_story(edited, report, progress)), canvasmaker=_numbered(report.source))
    progress.advance()


def _story(edited: Edited, report: Report, progress: ProgressReporter) -> Iterator[Flowable]:
    yield _text(f"Expressions in {report.source}", _TITLE)
    yield _text(
        f"Written on {report.created} by emotion {report.version}. "
        "An expression is what a face shows, not what a person feels.",
        _SMALL,
    )
    if report.note:
        yield _text(f"Not complete: {report.note}", _SUBHEADING)
    yield Spacer(1, 4 * mm)
    yield _figures(report.headlines)
    if report.shares:
        yield from _shares(report)
        progress.advance()
        yield from _charts(edited, report, progress)
        yield from _people(report)
        yield from _behaviour(report)
        yield from _faces(edited)
    else:
        yield _text(NO_FACE, _BODY)
    yield from _events(report)
    yield _text("Limits", _HEADING)
    yield from (Paragraph(escape(limit), _ITEM, bulletText="•") for limit in report.limits)
    yield _text("Methods", _HEADING)
    yield _text(report.methods, _BODY)
    yield from _facts("Video and settings", report.settings)
    yield from _facts("Model", report.model)
    for scores in report.scores:
        yield _scores(scores)


def _text(text: str, style: ParagraphStyle) -> Paragraph:
    # The typeface has no minus sign; an en dash looks like one.
    return Paragraph(escape(text.replace("−", "–")), style)


def _figures(headlines: Sequence[Fact]) -> Table:
    """Return the main figures as cards, four in a row."""
    cards: list[Any] = [[_text(fact.name, _SMALL), _text(fact.text, _FIGURE)] for fact in headlines]
    filled = [(number % 4, number // 4) for number in range(len(cards))]
    cards += [""] * (-len(cards) % 4)
    rows = [cards[start : start + 4] for start in range(0, len(cards), 4)]
    style = [("VALIGN", (0, 0), (-1, -1), "TOP"), ("INNERGRID", (0, 0), (-1, -1), 4, colors.white), *_padding(7)]
    style += [("BACKGROUND", place, place, _CARD) for place in filled]
    return Table(rows, colWidths=[_WIDTH / 4] * 4, style=TableStyle(style))


def _padding(points: float) -> list[Any]:
    return [(f"{side}PADDING", (0, 0), (-1, -1), points) for side in ("LEFT", "RIGHT", "TOP", "BOTTOM")]


def _grid_look() -> TableStyle:
    """Return a style with lines below rows and columns aligned with the surrounding text."""
    apart = [("LEFTPADDING", (0, 0), (0, -1), 0), ("LEFTPADDING", (1, 0), (-1, -1), 8)]
    return TableStyle([*_lines(), *_padding(3), *apart, ("RIGHTPADDING", (0, 0), (-1, -1), 0)])


def _shares(report: Report) -> Iterator[Flowable]:
    rows = [
        [_swatch(share.colour), _text(share.label, _CELL), _text(f"{share.share:.1%}", _NUMBER)]
        for share in report.shares
    ]
    table = Table(rows, colWidths=[7 * mm, 50 * mm, 20 * mm], style=TableStyle([*_lines(), *_padding(2.5)]))
    shares = {share.label: share.share for share in report.shares}
    ring = _picture(to_png(donut_chart(shares, PRINT).to_dict()), 58 * mm, 1.0)
    sides = Table([[ring, table]], colWidths=[_WIDTH * 0.45, _WIDTH * 0.55])
    sides.setStyle([("VALIGN", (0, 0), (-1, -1), "MIDDLE")])
    yield KeepTogether([_text("Time per expression", _HEADING), sides])
    if report.unclear:
        yield _text(report.unclear, _SMALL)


def _swatch(colour: str) -> Table:
    return Table([[""]], colWidths=[9], rowHeights=[9], style=[("BACKGROUND", (0, 0), (-1, -1), colour)])


def _picture(png: bytes, width: float, ratio: float) -> Image:
    return Image(io.BytesIO(png), width=width, height=width * ratio)


def _charts(edited: Edited, report: Report, progress: ProgressReporter) -> Iterator[Flowable]:
    words = "Stacked probability of each expression. Empty: person out of view. Dashed: no face found."
    if report.events:
        words += " Numbers mark the events listed below."
    start: list[Flowable] = [_text("Over time", _HEADING), _text(words, _SMALL), _legend(report.colours)]
    for track in report.charted:
        png = to_png(person_chart(edited, track, PRINT).to_dict())
        yield KeepTogether([*start, _text(edited.name(track), _SUBHEADING), _fitting(png)])
        start = []
        progress.advance()
    if len(report.people) > len(report.charted):
        count = f"Charts show the {len(report.charted)} people seen longest, out of {len(report.people)}."
        yield _text(count, _SMALL)


def _faces(edited: Edited) -> Iterator[Flowable]:
    """Yield faces with movements, three in a row."""
    start: list[Flowable] = [_text("Movements drawn on a face", _SUBHEADING), _text(FACES_HOW, _SMALL)]
    faces, width = movement_faces(edited), _WIDTH / 3
    for first in range(0, len(faces), 3):
        row = faces[first : first + 3]
        names = [_text(face.title, _SUBHEADING) for face in row] + [""] * (3 - len(row))
        drawings = [_fitting(face_png(face), width - 10) for face in row] + [""] * (3 - len(row))
        yield KeepTogether([*start, Table([names, drawings], colWidths=[width] * 3)])
        start = []


def _fitting(png: bytes, width: float = _WIDTH) -> Image:
    """Return a picture of a given width, by default that of the text, in its own proportions."""
    image = Image(io.BytesIO(png))
    return _picture(png, width, image.imageHeight / image.imageWidth)


def _legend(colours: dict[str, str]) -> Paragraph:
    # Coloured spaces, as the typeface has no square.
    marks = (
        f'<span backColor="{colour}">&nbsp;&nbsp;&nbsp;</span>&nbsp;{escape(label)}'
        for label, colour in colours.items()
    )
    return Paragraph(" &nbsp;&nbsp; ".join(marks), _CELL)


def _people(report: Report) -> Iterator[Flowable]:
    changes = "Changes of expression per min"
    head = ["Person", "First seen", "Last seen", "Seen for", "Dominant expression", "Smile index", changes]
    rows = [
        [
            person.name,
            *(clock(seconds) for seconds in (person.first_s, person.last_s, person.seconds)),
            person.dominant or "–",
            "–" if person.smile_index is None else f"{person.smile_index:.0%}",
            "–" if person.changes_per_minute is None else f"{person.changes_per_minute:.1f}",
        ]
        for person in report.people
    ]
    yield _text("People", _HEADING)
    yield _grid(head, rows, [0.25, 0.11, 0.11, 0.11, 0.18, 0.11, 0.13], numbers={1, 2, 3, 5, 6})


def _behaviour(report: Report) -> Iterator[Flowable]:
    if not (report.eyes or report.movements or report.not_measured):
        return
    yield _text("Eyes, head and movements", _HEADING)
    yield from (_text(note, _SMALL) for note in report.not_measured)
    if report.eyes:
        rows = [[person.name, *person.values] for person in report.eyes]
        yield _grid(["Person", *EYES_HEADINGS], rows, [0.28, *[0.12] * 6], numbers=set(range(1, 7)))
    if report.movements:
        yield _text(MOVEMENTS_ABOUT, _SMALL)
    for table in report.movements:
        widths = [1 - 0.11 * len(table.headings), *[0.11] * len(table.headings)]
        grid = _grid(["Movement", *table.headings], table.rows, widths, numbers=set(range(1, 7)))
        yield KeepTogether([_text(table.name, _SUBHEADING), grid])


def _events(report: Report) -> Iterator[Flowable]:
    if not report.events:
        return
    rows = [
        [str(event.number), event.when, event.label, "left out" if event.excluded else "yes"] for event in report.events
    ]
    yield _text("Events", _HEADING)
    yield _grid(["No.", "When", "What", "In the figures"], rows, [0.08, 0.22, 0.52, 0.18], numbers={0})


def _facts(title: str, facts: Sequence[Fact]) -> Iterator[Flowable]:
    rows = [[_text(fact.name, _HEAD), _text(fact.text, _CELL)] for fact in facts]
    yield _text(title, _HEADING)
    yield Table(rows, colWidths=[_WIDTH * 0.27, _WIDTH * 0.73], style=_grid_look())


def _scores(scores: Scores) -> Flowable:
    words = f"{scores.accuracy:.1%} of {scores.faces:,} test faces classified correctly"
    if scores.interval:
        words += f" (95% interval {scores.interval[0]:.1%}–{scores.interval[1]:.1%})"
    words += f"; mean recall {scores.balanced_accuracy:.1%}."
    rows = [
        [label, *(f"{figure:.0%}" for figure in figures[:2]), f"{figures[2]:.2f}", f"{figures[3]:,}"]
        for label, figures in scores.per_label.items()
    ]
    head = ["Expression", "Precision", "Recall", "F1", "Faces"]
    table = _grid(head, rows, [0.36, 0.16, 0.16, 0.16, 0.16], numbers={1, 2, 3, 4})
    return KeepTogether([_text(f"Measured on {scores.title} labels", _SUBHEADING), _text(words, _BODY), table])


def _grid(head: Sequence[str], rows: Sequence[Sequence[str]], shares: Sequence[float], numbers: set[int]) -> Table:
    """Return a table with a header on every page; ``shares`` are the columns' shares of the width."""
    first = [_text(name, _HEAD_NUMBER if place in numbers else _HEAD) for place, name in enumerate(head)]
    cells = [[_text(value, _NUMBER if place in numbers else _CELL) for place, value in enumerate(row)] for row in rows]
    widths = [_WIDTH * share for share in shares]
    return Table([first, *cells], colWidths=widths, repeatRows=1, style=_grid_look())


def _lines() -> list[Any]:
    return [("LINEBELOW", (0, 0), (-1, -1), 0.5, _LINE), ("VALIGN", (0, 0), (-1, -1), "MIDDLE")]


def _numbered(source: str) -> type[Canvas]:
    """Return a canvas that writes "2 / 5" under each page, which needs the total number of pages."""

    class Numbered(Canvas):  # type: ignore[misc]  # the library is untyped
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            self._pages: list[dict[str, Any]] = []

        def showPage(self) -> None:  # noqa: N802 – the library's name
            self._pages.append(dict(self.__dict__))
            self._startPage()

        def save(self) -> None:
            for number, page in enumerate(self._pages, start=1):
                self.__dict__.update(page)
                self._write_foot(f"{number} / {len(self._pages)}")
                super().showPage()
            super().save()

        def _write_foot(self, number: str) -> None:
            self.setFont(_REGULAR, 8)
            self.setFillColor(_SOFT)
            self.drawRightString(A4[0] - _MARGIN, 11 * mm, number)
            room = _WIDTH - 25 * mm
            name = source
            while name and pdfmetrics.stringWidth(name, _REGULAR, 8) > room:
                name = name[:-2].rstrip("…") + "…"
            self.drawString(_MARGIN, 11 * mm, name)

    return Numbered
