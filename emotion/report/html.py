"""Writes a report as one self-contained HTML file: no scripts, charts as SVG, inline style.

Interactive charts would need a megabyte of scripts per file. Without scripts, mail programs can show the file, and its
content security policy forbids everything but its own style.
"""

from __future__ import annotations

from pathlib import Path

from markupsafe import Markup

from emotion.progress import OnProgress, ProgressReporter
from emotion.publication.render import to_svg
from emotion.report.charts import SCREEN, donut_chart, movement_faces, person_chart
from emotion.report.content import EYES_HEADINGS, FACES_HOW, MOVEMENTS_ABOUT, NO_FACE, build_report
from emotion.report.edited import Edited
from emotion.report.facts import clock
from emotion.templates import templates_in

_TEMPLATES = templates_in(Path(__file__).parent / "templates")


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.0%}"


def _decimal(value: float | None, digits: int = 1) -> str:
    return "–" if value is None else f"{value:.{digits}f}"


_TEMPLATES.filters |= {"clock": clock, "percent": _percent, "decimal": _decimal}


def write_html(edited: Edited, path: Path, on_progress: OnProgress | None = None) -> None:
    """Write the report as UTF-8."""
    report = build_report(edited)
    progress = ProgressReporter(len(report.charted) + 1, on_progress)
    donut = ""
    if report.shares:
        shares = {share.label: share.share for share in report.shares}
        donut = _svg(to_svg(donut_chart(shares, SCREEN).to_dict()))
    progress.advance()
    charts = []
    for track in report.charted:
        charts.append((edited.name(track), _svg(to_svg(person_chart(edited, track, SCREEN).to_dict()))))
        progress.advance()
    faces = [(face.title, _svg(face.svg)) for face in movement_faces(edited)]
    template = _TEMPLATES.get_template("report.html.jinja")
    texts = {
        "no_face": NO_FACE,
        "eyes_headings": EYES_HEADINGS,
        "movements_about": MOVEMENTS_ABOUT,
        "faces_how": FACES_HOW,
    }
    page = template.render(report=report, donut=donut, charts=charts, faces=faces, **texts)
    path.write_text(page, encoding="utf-8")


def _svg(element: str) -> Markup:
    # Safe, as Vega and the face map escape text in their SVG.
    return Markup(element)
