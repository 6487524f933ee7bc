"""Studies from file names, sheets and JSON, and invalid ones."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emotion.csv_text import csv_bytes
from emotion.errors import InputError
from emotion.studies import Cell, Consent, Participant, Stimulus, Study
from emotion.studies.names import NamePattern, study_of_names, suggest_pattern
from emotion.studies.sheet import read_sheet, sheet_of, study_of_sheet

WORDS = st.from_regex(re.compile("[a-z][a-z0-9]{0,5}"), fullmatch=True)
FILES = {"a": "p01_film_control.mp4", "b": "p01_game_control.mp4", "c": "p02_film_patients.mov"}


def test_a_pattern_gives_participants_stimuli_and_variables() -> None:
    study, unmatched = study_of_names(NamePattern("{participant}_{stimulus}_{group}"), {**FILES, "d": "notes.mp4"})
    assert unmatched == ["notes.mp4"]
    assert study.participants == (Participant("p01", {"group": "control"}), Participant("p02", {"group": "patients"}))
    assert [each.name for each in study.stimuli] == ["film", "game"]
    assert study.cells == (Cell("p01", "film", "a"), Cell("p01", "game", "b"), Cell("p02", "film", "c"))
    assert study.missing() == [("p02", "game")]


def test_variables_of_stimuli_and_participants_are_distinguished() -> None:
    files = {"a": "p1 film happy", "b": "p1 news sad", "c": "p2 film happy"}
    study, _ = study_of_names(NamePattern("{participant} {stimulus} {condition}"), files)
    assert [each.variables for each in study.stimuli] == [{"condition": "happy"}, {"condition": "sad"}]
    assert study.variables("participants") == ()
    with pytest.raises(InputError, match="it differs in both"):
        study_of_names(
            NamePattern("{participant} {stimulus} {x}"), {"a": "p1 film u", "b": "p1 news v", "c": "p2 film v"}
        )


@given(st.lists(st.tuples(WORDS, WORDS), min_size=1, max_size=6, unique=True), st.sampled_from("_- ."))
def test_the_suggested_pattern_reads_the_names_it_was_suggested_for(keys: list[tuple[str, str]], sign: str) -> None:
    files = {str(place): f"{person}{sign}{stimulus}.mp4" for place, (person, stimulus) in enumerate(keys)}
    study, unmatched = study_of_names(NamePattern(suggest_pattern(list(files.values()))), files)
    assert not unmatched
    assert {cell.key for cell in study.cells} == set(keys)


@pytest.mark.parametrize("text", ["{stimulus}", "x", "{participant}{stimulus}", "{participant}_{participant}", ""])
def test_a_pattern_that_cannot_work_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="expected"):
        NamePattern(text)


FIELDS = ("participant", "a", "b", "c")


@given(
    st.lists(st.text("x_-", max_size=2), min_size=5, max_size=5).filter(lambda signs: all(signs[1:-1])),
    st.text("xyX_-", max_size=14),
)
def test_a_name_is_read_as_by_one_expression_that_tries_every_place(signs: list[str], name: str) -> None:
    text = signs[0] + "".join(f"{{{field}}}{sign}" for field, sign in zip(FIELDS, signs[1:], strict=True))
    found = re.fullmatch("(.+?)".join(map(re.escape, signs)), name, re.IGNORECASE)
    assert NamePattern(text)._parts(name) == (None if found is None else list(found.groups()))


def test_a_pattern_that_almost_fits_takes_no_time() -> None:
    """As one regular expression, the pattern took minutes and blocked the server for everybody."""
    many = "".join(f"_{{f{number}}}" for number in range(40))
    began = time.process_time()
    assert NamePattern(f"{{participant}}{many}!").read("_" * 250) is None
    assert NamePattern(f"{{participant}}{many}").read("_" * 250) is not None
    assert time.process_time() - began < 1


@pytest.mark.parametrize(
    ("sheet", "words"),
    [
        (b"participant,file\n" + b"p,a\n" * (5 << 20), "at most 16 MiB"),
        (b"participant" + b",a" * 2_000_000, "at most 1,000 columns"),
        (b"participant,file\np" + b";a" * 2_000_000, "at most 1,000 columns"),
    ],
)
def test_a_sheet_that_would_fill_the_memory_is_not_read(sheet: bytes, words: str) -> None:
    began = time.process_time()
    with pytest.raises(InputError, match=words):
        read_sheet(sheet)
    assert time.process_time() - began < 2


def test_two_files_of_one_cell_are_refused() -> None:
    with pytest.raises(InputError, match="expected one analysis for p01 and film; got several"):
        study_of_names(NamePattern("{participant}_{stimulus}"), {"a": "p01_film.mp4", "b": "p01_film.mov"})


def test_a_sheet_with_semicolons_consent_and_parts() -> None:
    sheet = "Participant;stimulus;file;start_s;end_s;consent;excluded;age\n"
    sheet += "p01;film;p01_film_control.mp4;1,5;9;yes;;31\np02;film;gone.mp4;;;;no camera;40\n"
    study, unknown = study_of_sheet(read_sheet(sheet.encode()), FILES)
    assert unknown == ["gone.mp4"]
    assert study.cells == (Cell("p01", "film", "a", 1.5, 9.0),)
    assert study.participants == (
        Participant("p01", {"age": "31"}, Consent.GIVEN),
        Participant("p02", {"age": "40"}, excluded="no camera"),
    )


@pytest.mark.parametrize(
    ("sheet", "words"),
    [
        (b"name,file\nx,y\n", "expected a column “participant”"),
        (b"\xff\xfe\x00", "expected a table as CSV"),
        (b"PK\x03\x04\xff", "expected a table as CSV text in UTF-8 or UTF-16"),
        (b"", "expected a table as CSV .* the file is empty"),
        (b"\n\r\n\n", "expected a table as CSV .* the file is empty"),
        (b"participant,stimulus,participant\np,film,q\n", "expected each column once; got 'participant' twice"),
        (b"participant,file,File\np,a,b\n", "expected each column once; got 'file' twice"),
        (b"participant,file\np,a,b\n", "expected a table as CSV or tab-separated text"),
        (b"participant,file,consent\np,a,maybe\n", "expected consent to be"),
        (b"participant,file,start_s\np,a,soon\n", "expected a number in the column start_s"),
        (b"participant,file,end_s\np,a,inf\n", "expected a number in the column end_s; got 'inf'"),
        (b"participant,file,track\np,a,nan\n", "expected a number in the column track; got 'nan'"),
        (b"participant,file,track\np,a,1.5\n", "expected the number of a track, from 1, .* got '1.5'"),
        (b"participant,file,start_s,end_s\np,a,5,2\n", "expected a part that ends after it starts"),
        (b"participant,file\n,a\n", "expected a participant's name"),
    ],
)
def test_a_sheet_that_cannot_be_read_says_why(sheet: bytes, words: str) -> None:
    with pytest.raises(InputError, match=words):
        study_of_sheet(read_sheet(sheet), FILES)


def test_a_sheet_names_files_with_or_without_their_ending() -> None:
    files = {"a": "p01.comedy.mp4", "b": "p01.mp4", "c": "p02.mp4", "d": "P02.mov", "e": "Mu\u0308ller.mp4"}
    names = {"p01.comedy": "a", "p01": "b", "p01.mp4": "b", "P02.mp4": "c", "p02.mov": "d"}
    names |= {"films/p01.mp4": "b", "D:\\films\\p01": "b", "m\u00fcller.mp4": "e", "Mu\u0308ller": "e"}
    for name, analysis in names.items():
        study, unknown = study_of_sheet(read_sheet(f"participant,file\np,{name}\n".encode()), files)
        assert (study.cells, unknown) == ((Cell("p", "video", analysis),), []), name
    _, unknown = study_of_sheet(read_sheet(b"participant,file\np,p01.tragedy\n"), files)
    assert unknown == ["p01.tragedy"]
    with pytest.raises(InputError, match="expected one analysis of 'p02'; the library has 2, so name its ID"):
        study_of_sheet(read_sheet(b"participant,file\np,p02\n"), files)


def test_the_sheet_of_a_study_is_read_again_if_one_film_was_analysed_twice() -> None:
    files = {"a": "film.mp4", "b": "film.mp4", "c": "two  spaces.mp4"}
    people = tuple(Participant(name) for name in ("p", "q", "r"))
    cells = (Cell("p", "s", "a"), Cell("q", "s", "b"), Cell("r", "s", "c"))
    study = Study("S", people, (Stimulus("s"),), cells)
    again, unknown = study_of_sheet(read_sheet(csv_bytes(sheet_of(study, files))), files)
    assert (again.cells, unknown) == (cells, [])


def test_the_sheet_of_a_study_keeps_variables_with_the_names_of_its_columns() -> None:
    person = Participant("p", {"consent": "by phone", "group": "a"}, Consent.GIVEN)
    study = Study("S", (person,), (Stimulus("s", {"File": "x", "group": "b"}),), (Cell("p", "s", "1"),))
    table = sheet_of(study, {"1": "a.mp4"})
    again, _ = study_of_sheet(read_sheet(csv_bytes(table)), {"1": "a.mp4"})
    assert again.cells == study.cells
    assert again.participants[0].consent == Consent.GIVEN
    variables = {"variable_consent": "by phone", "group": "a", "variable_File": "x", "stimulus_group": "b"}
    assert {**again.participants[0].variables, **again.stimuli[0].variables} == variables


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("sign", ["\t", ",", ";"])
def test_a_sheet_of_a_spreadsheet_is_read(encoding: str, sign: str) -> None:
    rows = [["participant", "file", "Größe", ""], ["p1", "a", "groß", ""], ["p2", "b"]]
    table = read_sheet("\r\n".join(map(sign.join, rows)).encode(encoding))
    assert table.to_dict("list") == {"participant": ["p1", "p2"], "file": ["a", "b"], "Größe": ["groß", ""]}


def studies() -> st.SearchStrategy[Study]:
    def build(people: list[str], stimuli: list[str], filled: list[bool], group: str, starts: list[float]) -> Study:
        keys = [(person, stimulus) for person in people for stimulus in stimuli]
        cells = [
            Cell(*key, f"id{place}", start, start + 5, place % 3 or None)
            for place, (key, is_there, start) in enumerate(zip(keys, filled, starts, strict=False))
            if is_there
        ]
        return Study(
            "S",
            tuple(Participant(name, {"group": group}, Consent.GIVEN) for name in people),
            tuple(Stimulus(name, {"kind": f"{place}"}) for place, name in enumerate(stimuli)),
            tuple(cells),
        )

    return st.builds(
        build,
        st.lists(WORDS, min_size=1, max_size=4, unique=True),
        st.lists(WORDS, min_size=2, max_size=3, unique=True),
        st.lists(st.booleans(), min_size=12, max_size=12),
        WORDS,
        st.lists(st.integers(0, 99).map(float), min_size=12, max_size=12),
    )


@given(studies())
def test_a_study_survives_json_and_its_sheet(study: Study) -> None:
    assert Study.from_dict(study.to_dict()) == study
    files = {cell.analysis: f"{cell.analysis}.mp4" for cell in study.cells}
    again, unknown = study_of_sheet(read_sheet(csv_bytes(sheet_of(study, files))), files, "S")
    assert unknown == []
    assert set(again.cells) == set(study.cells)
    assert again.stimuli == study.stimuli
    assert [each.name for each in again.participants] == [each.name for each in study.participants]


def test_merging_keeps_what_is_known_of_people() -> None:
    old = Study("S", (Participant("p", {"age": "3"}, Consent.GIVEN, "late"),), (Stimulus("a"),), (Cell("p", "a", "1"),))
    new = Study("", (Participant("p", {"group": "x"}), Participant("q")), (Stimulus("a"),), (Cell("p", "a", "2"),))
    merged = old.merged_with(new)
    assert merged.participants[0] == Participant("p", {"age": "3", "group": "x"}, Consent.GIVEN, "late")
    assert merged.cells == (Cell("p", "a", "2"),)
    assert merged.title == "S"
    assert merged.counted_cells() == ()
