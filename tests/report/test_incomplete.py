"""Every export that has text marks a damaged video and says how much of it was read."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest

from emotion.progress import ProgressReporter
from emotion.report.content import build_report
from emotion.report.edited import edit
from emotion.report.excel import write_excel
from emotion.report.tables import json_head
from emotion.types import Analysis

NOTE = "clip.mp4 is damaged: it breaks off after 1.0 s"


@pytest.fixture
def damaged(analysis: Analysis) -> Analysis:
    return replace(analysis, complete=False, note=NOTE, info=replace(analysis.info, duration_s=4.0))


def test_reports_start_with_what_was_analysed(damaged: Analysis, analysis: Analysis) -> None:
    report = build_report(edit(damaged))
    assert (report.headlines[0].name, report.headlines[0].text) == ("Not complete", "0:01.0 of 0:04.0 analysed")
    assert report.note == NOTE
    assert "Not complete" not in [fact.name for fact in build_report(edit(analysis)).headlines]


def test_workbooks_start_with_what_was_analysed(damaged: Analysis, tmp_path: Path) -> None:
    write_excel(edit(damaged), tmp_path / "book.xlsx", ProgressReporter(1))
    first = openpyxl.load_workbook(tmp_path / "book.xlsx")["Summary"]
    assert [cell.value for cell in first[2]] == ["Not complete", "0:01.0 of 0:04.0 analysed"]


def test_json_has_what_was_analysed(damaged: Analysis) -> None:
    head = json_head(edit(damaged))
    assert (head["complete"], head["note"]) == (False, NOTE)
    assert (head["summary"]["analysed_s"], head["summary"]["duration_s"]) == (pytest.approx(1.0), 4.0)
