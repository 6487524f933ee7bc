from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emotion.errors import Cancelled, InputError
from emotion.report.file_names import MAX_BYTES, file_name
from emotion.report.formats import FORMATS, Options, export, format_named

TABLES = [known for known in FORMATS if not known.needs_video]


def test_formats_have_unique_names_and_suffixes():
    assert len({known.name for known in FORMATS}) == len({known.suffix for known in FORMATS}) == len(FORMATS)
    assert all(format_named(known.name) is known for known in FORMATS)
    with pytest.raises(InputError, match=r"got 'docx'"):
        format_named("docx")


@pytest.mark.slow
@pytest.mark.parametrize("known", TABLES, ids=lambda known: known.name)
def test_every_format_is_written_to_exactly_the_chosen_name(known, analysis, tmp_path):
    target = tmp_path / "My talk – final (2).dat"
    assert export(analysis, target, known) == target
    assert [file.name for file in tmp_path.iterdir()] == [target.name]
    assert target.stat().st_size > 0


@pytest.mark.parametrize("known", TABLES, ids=lambda known: known.name)
def test_cancelling_keeps_an_existing_file(known, analysis, tmp_path):
    target = tmp_path / "kept"
    target.write_text("before")

    def cancel(progress):
        raise Cancelled("stop")

    with pytest.raises(Cancelled):
        export(analysis, target, known, on_progress=cancel)
    assert target.read_text() == "before"
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("known", [known for known in FORMATS if known.needs_video], ids=lambda known: known.name)
def test_a_format_that_needs_the_video_says_that_it_is_missing(known, analysis, tmp_path):
    with pytest.raises(InputError, match="the video file"):
        export(analysis, tmp_path / "x", known, options=Options(video=tmp_path / "gone.mp4"))


@pytest.mark.parametrize(
    ("chosen", "named"),
    [
        ("My talk – final (2)", "My talk – final (2).xlsx"),
        ("report.xlsx", "report.xlsx"),
        ("Report.XLSX", "Report.xlsx"),
        ("v1.2 büro", "v1.2 büro.xlsx"),
        ("a/b\\c:d", "a_b_c_d.xlsx"),
        ("CON", "_CON.xlsx"),
        ("ends. ", "ends.xlsx"),
        (".hidden", ".hidden.xlsx"),
    ],
)
def test_only_invalid_characters_are_replaced(chosen, named):
    assert file_name(chosen, ".xlsx") == named


@pytest.mark.parametrize("chosen", ["", "   ", "...", ".xlsx", "x" * 300, "ж" * 130])
def test_an_invalid_name_is_refused_not_truncated(chosen):
    with pytest.raises(InputError):
        file_name(chosen, ".xlsx")


@settings(deadline=None)
@given(st.text(min_size=1, max_size=60))
def test_every_accepted_name_can_be_created(tmp_path_factory, text):
    try:
        name = file_name(text, ".vtt")
    except InputError:
        return
    assert name.endswith(".vtt") and "/" not in name and len(name.encode(errors="replace")) <= MAX_BYTES
