"""Written files are read back by the libraries of their fields."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyreadstat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from praatio import textgrid
from pympi.Elan import Eaf

from emotion.analytics.edits import Edits
from emotion.csv_text import csv_bytes
from emotion.errors import InputError
from emotion.studies import Cell, Participant, Stimulus, Study
from emotion.studies.formats.annotations import Mark, Tiers, boris_table, eaf_text, textgrid_text
from emotion.studies.formats.bids import write_bids
from emotion.studies.formats.codebook import codebook
from emotion.studies.formats.folder import FILES, write_results
from emotion.studies.formats.sav import spss_names, write_sav
from emotion.studies.results import StudyResults, compute
from tests.conftest import make_analysis
from tests.studies.test_study_results import opener


@pytest.fixture
def results(tmp_path: Path) -> StudyResults:
    shown = {"a": [["happiness"]] * 20 + [["neutral"]] * 15, "b": [["sadness"]] * 12}
    people = (Participant("Zoë", {"group": "=control"}), Participant("p2", {"group": "patients"}))
    stimuli = (Stimulus("film", {"valence (rated)": "positive"}),)
    study = Study("Pilot", people, stimuli, (Cell("Zoë", "film", "a"), Cell("p2", "film", "b")))
    (tmp_path / "timelines").mkdir()
    sources = {name: (make_analysis(labels), Edits()) for name, labels in shown.items()}
    return compute(study, opener(tmp_path / "timelines", sources))


def test_a_folder_has_the_same_numbers_in_every_format(results: StudyResults, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    assert (
        {path.name for path in write_results(results, folder)} == set(FILES) == {path.name for path in folder.iterdir()}
    )
    means = results.means
    table = pd.read_csv(folder / "means.csv", encoding="utf-8-sig")
    assert table["participant"].tolist() == ["Zoë", "p2"]
    assert table["group"].tolist() == ["'=control", "patients"]
    np.testing.assert_allclose(table["happiness"], means["happiness"], rtol=1e-5)
    saved, about = pyreadstat.read_sav(folder / "means.sav")
    assert about.file_label == "Pilot"
    assert saved["participant"].tolist() == ["Zoë", "p2"]
    assert saved["group"].tolist() == ["=control", "patients"]
    np.testing.assert_allclose(saved["happiness"], means["happiness"])
    assert about.column_names_to_labels["happiness"].startswith("Happiness (0–1): Mean probability")
    assert "valence_rated" in saved
    seconds, _ = pyreadstat.read_sav(folder / "seconds.sav")
    assert len(seconds) == len(results.seconds) == 6
    book = pd.read_csv(folder / "codebook.csv", encoding="utf-8-sig")
    assert set(table) | {"measure", "mean", "second"} <= set(book["variable"].str.removeprefix("'"))
    assert book["meaning"].notna().all()


def test_a_variable_that_is_blank_for_everybody_is_empty_text(results: StudyResults, tmp_path: Path) -> None:
    people = tuple(replace(each, variables={"group": ""}) for each in results.study.participants)
    blank = replace(results, study=replace(results.study, participants=people))
    write_results(blank, tmp_path / "out")
    assert pd.read_csv(tmp_path / "out" / "means.csv", encoding="utf-8-sig")["group"].isna().all()
    saved, about = pyreadstat.read_sav(tmp_path / "out" / "means.sav")
    assert saved["group"].tolist() == ["", ""]
    assert about.variable_measure["group"] == "nominal"


def test_nothing_to_write_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="expected at least one finished analysis"):
        write_results(StudyResults(Study("S"), {}), tmp_path / "out")


@pytest.mark.skipif(shutil.which("Rscript") is None, reason="expected R (Debian: apt-get install r-base-core)")
def test_r_runs_the_starter_script(results: StudyResults, tmp_path: Path) -> None:
    write_results(results, tmp_path / "out")
    done = subprocess.run(
        ["Rscript", "first_figure.R"], cwd=tmp_path / "out", capture_output=True, text=True, check=True
    )
    assert "Wrote first_figure.png" in done.stdout
    assert (tmp_path / "out" / "first_figure.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.slow
def test_python_runs_the_starter_script(results: StudyResults, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    write_results(results, tmp_path / "out")
    command = [sys.executable, "first_figure.py"]
    done = subprocess.run(command, cwd=tmp_path / "out", capture_output=True, text=True, check=True)
    assert "Wrote first_figure.png" in done.stdout
    assert (tmp_path / "out" / "first_figure.png").read_bytes().startswith(b"\x89PNG")


@given(st.lists(st.text(max_size=70), max_size=8, unique=True))
def test_spss_names_are_unique_and_allowed(columns: list[str]) -> None:
    names = list(spss_names(columns).values())
    assert len({name.casefold() for name in names}) == len(columns)
    assert all(name[0].isalpha() and len(name.encode()) <= 64 for name in names)


LABELS = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=8)


def marks() -> st.SearchStrategy[list[Mark]]:
    """Generate consecutive marks with times in whole milliseconds."""

    def build(steps: list[tuple[int, int, str]]) -> list[Mark]:
        found, time = [], 0
        for gap, length, label in steps:
            found.append(Mark((time + gap) / 1000, (time + gap + length) / 1000, label))
            time += gap + length
        return found

    return st.lists(st.tuples(st.integers(0, 5000), st.integers(1, 5000), LABELS), max_size=6).map(build)


TIERS = st.dictionaries(LABELS, marks(), min_size=1, max_size=3)


@settings(max_examples=30)
@given(TIERS)
def test_elan_reads_every_mark_back(tiers: Tiers) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.eaf"
        path.write_text(eaf_text(tiers, "clip.mp4"), encoding="utf-8")
        read = Eaf(str(path))
    assert list(read.get_tier_names()) == list(tiers)
    for name, expected in tiers.items():
        found = sorted(each[:3] for each in read.get_annotation_data_for_tier(name))
        assert found == sorted((round(each.start_s * 1000), round(each.end_s * 1000), each.label) for each in expected)


@pytest.mark.parametrize("label", ["\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", "👩\u200d👩\u200d👧"])
def test_letters_and_emojis_stay_joined(tmp_path: Path, label: str) -> None:
    """In place of a joiner, a space splits a Persian word, and a family into its members."""
    (tmp_path / "x.eaf").write_text(eaf_text({label: [Mark(0, 1, label)]}), encoding="utf-8")
    read = Eaf(str(tmp_path / "x.eaf"))
    assert read.get_annotation_data_for_tier(label) == [(0, 1000, label)]
    (tmp_path / "x.TextGrid").write_text(textgrid_text({label: [Mark(0, 1, label)]}), encoding="utf-8")
    grid = textgrid.openTextgrid(str(tmp_path / "x.TextGrid"), includeEmptyIntervals=False)
    assert grid.getTier(label).entries[0].label == label
    tiers = {"events": [Mark(0, 1, label)]}
    write_bids(make_analysis([["happiness"]] * 6), tiers, None, ("a", "film"), tmp_path)
    assert label in (tmp_path / "sub-a" / "beh" / "sub-a_task-film_events.tsv").read_text(encoding="utf-8")


def test_moving_an_annotation_in_elan_moves_no_other_one(tmp_path: Path) -> None:
    """In ELAN, annotations that refer to one time slot move together."""
    marks = [Mark(0, 1, "neutral"), Mark(1, 2, "happiness")]
    (tmp_path / "x.eaf").write_text(eaf_text({"expression": marks, "events": [Mark(1, 2, "clap")]}, "a b.mov"))
    read = Eaf(str(tmp_path / "x.eaf"))
    assert [each[:3] for each in read.get_annotation_data_for_tier("expression")] == [
        (0, 1000, "neutral"),
        (1000, 2000, "happiness"),
    ]
    assert len(read.timeslots) == 6
    assert list(read.timeslots.values()) == sorted(read.timeslots.values())
    (video,) = read.get_linked_files()
    assert (video["RELATIVE_MEDIA_URL"], video["MIME_TYPE"]) == ("./a b.mov", "video/quicktime")


@settings(max_examples=30)
@given(TIERS)
def test_praat_reads_every_mark_back(tiers: Tiers) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.TextGrid"
        path.write_text(textgrid_text(tiers), encoding="utf-8")
        read = textgrid.openTextgrid(str(path), includeEmptyIntervals=False, duplicateNamesMode="error")
    assert list(read.tierNames) == list(tiers)
    for name, expected in tiers.items():
        found = [(each.start, each.end, each.label) for each in read.getTier(name).entries]
        assert [each[2] for each in found] == [each.label for each in expected]
        np.testing.assert_allclose(
            [each[:2] for each in found], [(each.start_s, each.end_s) for each in expected], atol=1e-6
        ) if expected else None


def test_marks_that_meet_but_for_rounding_have_no_gap_in_praat() -> None:
    end = sum([0.1] * 8)  # 0.7999999999999999, as a sum of frames is
    text = textgrid_text({"expression": [Mark(0, end, "neutral"), Mark(0.8, 1.5, "happiness")]}, 1.5 + 1e-12)
    assert "intervals: size = 2" in text
    assert text.count(f"{end!r}") == 2, "the second interval starts where the first one ends"
    assert text.count("xmax = 1.500000000001") == 3, "the last interval ends with its tier and the file"


def test_in_boris_an_expression_stops_before_the_next_one_starts() -> None:
    marks = [Mark(second, second + 1, "ab"[second % 2]) for second in range(50)]
    table = boris_table({"expression": marks}, "x.mp4", 50, 25)
    assert table["Behavior type"].tolist() == ["START", "STOP"] * 50


def test_moments_and_overlaps() -> None:
    moment = {"beep": [Mark(1, 1, "beep")]}
    assert 'TIME_VALUE="1001"' in eaf_text(moment)
    assert "xmax = 1.001" in textgrid_text(moment, 2)
    with pytest.raises(InputError, match="two overlap at 1 s"):
        textgrid_text({"t": [Mark(0, 2, "a"), Mark(1, 3, "b")]})
    with pytest.raises(InputError, match="expected marks until 2 s"):
        textgrid_text({"t": [Mark(0, 3, "a")]}, 2)
    with pytest.raises(InputError, match="ends after it starts"):
        Mark(2, 1, "x")


def test_boris_has_starts_stops_and_points() -> None:
    table = boris_table({"Ada": [Mark(1, 2.5, "smile"), Mark(2, 2, "=beep")]}, "clip.mp4", 10, 25)
    assert table[["Time", "Behavior", "Behavior type"]].to_numpy().tolist() == [
        [1.0, "smile", "START"],
        [2.0, "=beep", "POINT"],
        [2.5, "smile", "STOP"],
    ]
    written = pd.read_csv(io.BytesIO(csv_bytes(table)), encoding="utf-8-sig")
    assert written["Behavior"].tolist() == ["smile", "'=beep", "smile"]
    assert table["Image index"].tolist() == [25, 50, 62]


def test_sav_with_missing_values(tmp_path: Path) -> None:
    study = Study("S", (Participant("p"),), (Stimulus("s"),))
    names = write_sav(pd.DataFrame({"participant": ["p", None], "gaze_yaw": [1.5, np.nan]}), study, tmp_path / "x.sav")
    saved, _ = pyreadstat.read_sav(tmp_path / "x.sav")
    assert names == {"participant": "participant", "gaze_yaw": "gaze_yaw"}
    assert saved["participant"].tolist() == ["p", ""]
    assert np.isnan(saved["gaze_yaw"][1])
    assert re.match(r"Gaze yaw", pyreadstat.read_sav(tmp_path / "x.sav")[1].column_labels[1])


def test_sav_has_numbers_for_variables_that_are_numbers(tmp_path: Path) -> None:
    variables = {"age": "31", "score": "-2.5", "code": "007", "group": "1a", "card": "1234567890123456"}
    study = Study("S", (Participant("1", variables), Participant("2")), (Stimulus("s"),))
    rows = [{"participant": "1", **variables}, {"participant": "2", **dict.fromkeys(variables)}]
    write_sav(pd.DataFrame(rows), study, tmp_path / "x.sav")
    saved, about = pyreadstat.read_sav(tmp_path / "x.sav")
    assert saved.iloc[0].to_dict() == {"participant": "1", **variables, "age": 31.0, "score": -2.5}
    assert saved["age"].isna().tolist() == [False, True]
    assert (about.variable_measure["age"], about.variable_measure["code"]) == ("unknown", "nominal")


def test_the_codebook_tells_variables_of_people_from_those_of_stimuli(results: StudyResults) -> None:
    book = codebook(results.study, ["group", "valence (rated)"]).set_index("variable")["meaning"]
    assert book["group"].startswith("Variable of the participant")
    assert book["valence (rated)"].startswith("Variable of the stimulus")
