from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from emotion.analytics.edits import Edits, Event, Span
from emotion.progress import ProgressReporter
from emotion.report.edited import edit
from emotion.report.excel import MAX_TEXT, clean_text, write_excel
from emotion.version import program_version
from tests.conftest import make_analysis

SHEETS = [
    *("Summary", "People", "Eyes and head", "Movements", "Blinks and gestures", "Timeline", "Frames", "Events"),
    *("Model and settings", "Codebook"),
]


@pytest.fixture
def written(tmp_path):
    def write(analysis, edits=None, **options):
        path = tmp_path / "book.xlsx"
        write_excel(edit(analysis, edits), path, ProgressReporter(1), **options)
        return path

    return write


def test_every_sheet_has_a_header_that_stays_in_view(written, analysis):
    book = load_workbook(written(analysis))
    assert book.sheetnames == SHEETS
    for sheet in book:
        assert sheet.freeze_panes == "A2"
        assert sheet["A1"].font.bold
        assert sheet.column_dimensions["A"].width > 8


def test_pandas_reads_the_timeline_back(written, analysis):
    table = pd.read_excel(written(analysis), sheet_name="Timeline")
    expected = analysis.timeline
    assert list(table.columns) == [*expected.columns, "person", "answer"]
    assert table["frame_index"].tolist() == expected["frame_index"].tolist()
    assert table["p_happiness"].tolist() == pytest.approx(expected["p_happiness"].tolist())
    assert table["emotion"].tolist() == expected["emotion"].tolist()
    assert table["similarity"].isna().all(), "unknown stays empty"


def test_numbers_are_numbers_with_a_format(written, analysis):
    book = load_workbook(written(analysis))
    shares = {row[0].value: row[1] for row in book["Summary"].iter_rows(min_row=2)}
    assert shares["happiness"].value == pytest.approx(4 / 12)
    assert shares["happiness"].number_format == "0.0%"
    assert shares["Frames with a face"].value == 8


def test_edits_are_applied(written, analysis):
    edits = Edits(names={1: "Ada"}, hidden=frozenset({2}), events=(Event("starts", Span(0.2, 0.2)),))
    path = written(analysis, edits)
    assert pd.read_excel(path, sheet_name="People")["Person"].tolist() == ["Ada"]
    assert set(pd.read_excel(path, sheet_name="Timeline")["person"]) == {"Ada"}
    events = pd.read_excel(path, sheet_name="Events")
    assert (events["Label"][0], events["Start, s"][0], events["Left out of figures"][0]) == ("starts", 0.2, "no")


def test_the_codebook_explains_every_column(written, analysis):
    sheets = pd.read_excel(written(analysis), sheet_name=None)
    book = sheets["Codebook"]
    for title in ("Eyes and head", "Movements", "Blinks and gestures", "Timeline"):
        assert list(sheets[title].columns) == book.loc[book["Table"] == title, "Column"].tolist()
    assert book["Meaning"].notna().all()
    known = book.set_index(["Table", "Column"])
    assert known.loc[("Timeline", "lip_gap"), "Unit"] == "share of the eye distance"
    assert known.loc[("Movements over time", "lip_corner_up"), "Resembles (FACS)"] == "AU 12"


def test_the_summary_says_what_was_not_measured(written, analysis):
    """Ten frames a second, without eyes and movements."""
    texts = [str(row[0].value) for row in load_workbook(written(analysis))["Summary"].iter_rows(min_row=2)]
    assert any("nods and shakes of more than 2.5 Hz" in text for text in texts)
    assert any(text.startswith("Movements of brows") for text in texts)


def test_excess_rows_continue_on_the_next_sheet(written):
    analysis = make_analysis([["happiness"]] * 25)
    book = load_workbook(written(analysis, max_rows=11))
    parts = [name for name in book.sheetnames if name.startswith("Timeline")]
    assert parts == ["Timeline", "Timeline 2", "Timeline 3"]
    assert [book[name].max_row for name in parts] == [11, 11, 6]
    frames = [row[0].value for name in parts for row in book[name].iter_rows(min_row=2)]
    assert frames == list(range(25))


dangerous = st.sampled_from(["=1+1", "+1", "-1", "@SUM(A1)", "=HYPERLINK()", "#N/A", "#REF!", "TRUE", "1e5"])


@pytest.mark.slow
@settings(deadline=None, max_examples=12)
@given(text=dangerous | st.text(max_size=40))
def test_text_is_kept_and_never_a_formula(tmp_path_factory, text):
    path = tmp_path_factory.mktemp("book") / "book.xlsx"
    edits = Edits(events=(Event(text, Span(0, 1)),))
    write_excel(edit(make_analysis([["happiness"]]), edits), path, ProgressReporter(1))
    cell = load_workbook(path)["Events"]["C2"]
    assert cell.data_type not in {"f", "e"}
    # XML turns every line end into one character; empty text is an empty cell.
    assert (cell.value or "") == clean_text(text).replace("\r\n", "\n").replace("\r", "\n")
    assert cell.number_format == "@", "editing the cell does not make it a formula either"


def test_text_too_long_for_a_cell_is_cut_and_marked():
    assert clean_text("a\x00b\x07") == "ab"
    cut = clean_text("😀" * 20_000)
    assert cut.endswith("…")
    assert len(cut.encode("utf-16-le")) // 2 <= MAX_TEXT


def test_the_workbook_names_the_programs_version(written, analysis):
    sheet = pd.read_excel(written(analysis), sheet_name="Model and settings")
    assert sheet.iloc[0, :2].tolist() == ["Written by", f"emotion {program_version()}"]
