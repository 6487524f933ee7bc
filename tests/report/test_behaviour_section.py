"""Eyes, head and movements in reports: per person, per event and in the baseline."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from pypdf import PdfReader

from emotion.analytics.behaviour.span_figures import by_span
from emotion.analytics.edits import Edits, Event, Span
from emotion.report.content import EYES_HEADINGS, MOVEMENT_COLUMNS, build_report
from emotion.report.edited import edit
from emotion.report.html import write_html
from emotion.report.pdf import write_pdf
from tests.acting import acting
from tests.conftest import make_analysis

EDITS = Edits(
    names={1: "Ada <b>"},
    baselines={2: Span(8, 9)},
    events=(Event("opens", Span(8, 10)), Event("a moment", Span(1, 1)), Event("rests", Span(0, 4))),
)


def test_a_report_has_the_figures_of_everybody() -> None:
    report = build_report(edit(acting(people=2), EDITS))
    assert [(row.name, row.values) for row in report.eyes] == [
        ("Ada <b>", ("18.0", "0.0", "100%", "1", "0", "0")),
        ("Person 2", ("18.0", "0.0", "0%", "1", "0", "0")),
    ]
    assert report.not_measured == []


def test_movements_are_listed_by_event_and_baseline() -> None:
    ada, other = build_report(edit(acting(people=2), EDITS)).movements
    assert (ada.name, other.name) == ("Ada <b>, relative to the neutral frames", "Person 2, relative to the baseline")
    # Events have the numbers of the report's list, in order of time; a moment has no figures.
    assert ada.headings == ("Whole video", "Peak (95%)", "Left − right", "No. 1", "No. 3")
    assert other.headings == ("Whole video", "Peak (95%)", "Left − right", "Baseline", "No. 1", "No. 3")
    rows = {row[0]: row[1:] for row in ada.rows}
    assert rows["Jaw drop (AU 25–27)"] == ("2.0", "10.0", "–", "0.0", "10.0")
    assert rows["Lip corner up (AU 12)"] == ("0.4", "2.0", "0.8", "0.0", "2.0")
    assert rows["Lip press (AU 24)"][2] == "–"


def test_a_small_negative_mean_is_zero_without_a_sign(monkeypatch: pytest.MonkeyPatch) -> None:
    def slightly_negative(*arguments: Any, **options: Any) -> pd.DataFrame:
        return by_span(*arguments, **options).assign(asymmetry=-0.0001)

    monkeypatch.setattr("emotion.report.content.by_span", slightly_negative)
    (table,) = build_report(edit(acting(), Edits())).movements
    assert {row[3] for row in table.rows} == {"0.0"}


def test_many_events_continue_in_another_table() -> None:
    events = tuple(Event(f"part {n}", Span(n, n + 1)) for n in range(8))
    first, second = build_report(edit(acting(), Edits(events=events))).movements
    assert second.name == f"{first.name} (continued)"
    assert first.headings[-1] == "No. 3"
    assert second.headings == tuple(f"No. {n}" for n in range(4, 9))
    assert len(first.headings) == MOVEMENT_COLUMNS


@pytest.mark.slow
def test_missing_measurements_are_explained_instead_of_figures(tmp_path: Path) -> None:
    report = build_report(edit(make_analysis([["happiness"]] * 20, step_s=0.2)))
    assert report.movements == []
    assert [row.values[0] for row in report.eyes] == ["–"]
    assert "at least 15 analysed frames per second; here, there are 5" in report.not_measured[0]
    write_html(edit(make_analysis([["happiness"]] * 20, step_s=0.2)), tmp_path / "r.html")
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert report.not_measured[0] in page
    assert "relative to the" not in page


@pytest.mark.slow
def test_html_and_pdf_show_the_same_figures(tmp_path: Path) -> None:
    edited = edit(acting(people=2), EDITS)
    write_html(edited, tmp_path / "r.html")
    write_pdf(edited, tmp_path / "r.pdf")
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    printed = " ".join(" ".join(one.extract_text() for one in PdfReader(tmp_path / "r.pdf").pages).split())
    assert "<b>" not in page
    for text in (*EYES_HEADINGS, "Eyes, head and movements", "Jaw drop (AU 25–27)", "relative to the baseline"):
        assert text in page
        assert text in printed
    assert not re.search(r"\d %", page), "percentages are written as in the PDF"
    assert "Left − right" in page
    assert "Left – right" in printed
    assert "\0" not in printed, "signs that the typeface lacks"
