"""The command ``study``, with an empty library."""

from __future__ import annotations

import gzip
import json
import shutil
from pathlib import Path
from typing import NoReturn

import pandas as pd
import pytest

from emotion.analytics.edits import Edits, Event, Span
from emotion.cli import study_add
from emotion.cli.main import main
from emotion.library import LOCAL, Library
from emotion.library.jobs.queue import claim_next
from emotion.library.studies import StudyRepository
from tests.conftest import make_analysis
from tests.library.conftest import video  # noqa: F401 – a fixture
from tests.library.libraries import end, put


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Library:
    monkeypatch.setenv("EMOTION_LIBRARY", str(tmp_path / "library"))
    return Library.open()


@pytest.fixture
def filled(library: Library, video: Path) -> Library:  # noqa: F811
    repository = library.for_owner(LOCAL)
    for name, labels in {"a_film": ["happiness"] * 12, "a_news": ["neutral"] * 9, "b_film": ["fear"] * 7}.items():
        entry = put(repository, video, f"{name}.mp4", analysis=make_analysis([[label] for label in labels]))
        events = (Event("x", Span(0.2, 0.4)), Event("=y()", Span(0.3, 0.3)))
        repository.save_edits(entry.id, Edits(events=events))
    assert main(["study", "create", "Pilot"]) == 0
    assert main(["study", "add", "Pilot", "--library", ""]) == 0
    return library


def test_a_study_is_filled_and_written(filled: Library, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["study", "list"]) == 0
    assert "Pilot" in capsys.readouterr().out
    assert main(["study", "results", "Pilot", "--out", str(tmp_path / "out")]) == 0
    shown = capsys.readouterr().out
    assert "a            film" in shown
    table = pd.read_csv(tmp_path / "out" / "means.csv", encoding="utf-8-sig")
    assert table["frames"].tolist() == [12, 9, 7]
    assert main(["study", "export", "Pilot", str(tmp_path / "folder")]) == 0
    assert main(["study", "delete", "Pilot"]) == 0
    assert main(["study", "import", str(tmp_path / "folder")]) == 0
    assert "cells imported: 3" in capsys.readouterr().out
    assert len(StudyRepository(filled.for_owner(LOCAL)).find("Pilot").study.cells) == 3


@pytest.mark.slow
def test_a_person_who_was_never_seen_has_a_dash(
    filled: Library,
    video: Path,  # noqa: F811
    capsys: pytest.CaptureFixture[str],
) -> None:
    put(filled.for_owner(LOCAL), video, "c_film.mp4", analysis=make_analysis([[], [], []]))
    assert main(["study", "add", "Pilot", "--library", ""]) == 0
    capsys.readouterr()
    assert main(["study", "results", "Pilot"]) == 0
    (row,) = [line.split() for line in capsys.readouterr().out.splitlines() if line.split()[:1] == ["c"]]
    assert row[:3] == ["c", "film", "–"]
    assert row[-2:] == ["not", "seen"]


@pytest.mark.slow
def test_a_study_is_one_zip_file(filled: Library, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(tmp_path / "pilot.ZIP")
    assert main(["study", "export", "Pilot", path]) == 0
    assert main(["study", "delete", "Pilot"]) == 0
    assert main(["study", "import", path]) == 0
    assert "cells imported: 3" in capsys.readouterr().out


def test_an_export_overwrites_nothing(filled: Library, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "pilot.zip"
    path.write_text("mine")
    assert main(["study", "export", "Pilot", str(path)]) == 2
    assert capsys.readouterr().err.endswith("expected the name of a new file; pilot.zip exists\n")
    assert [path.read_text(), *tmp_path.glob("tmp*")] == ["mine"]
    assert main(["study", "export", "Pilot", str(tmp_path / "new" / "pilot.zip")]) == 0
    assert (tmp_path / "new" / "pilot.zip").stat().st_mode & 0o777 == 0o600, "it has personal data"


def test_a_sheet_adds_variables(filled: Library, tmp_path: Path) -> None:
    (tmp_path / "sheet.csv").write_text("participant,stimulus,file,group\na,film,a_film.mp4,x\nb,film,b_film.mp4,y\n")
    assert main(["study", "add", "Pilot", "--sheet", str(tmp_path / "sheet.csv")]) == 0
    people = StudyRepository(filled.for_owner(LOCAL)).find("Pilot").study.participants
    assert [each.variables for each in people] == [{"group": "x"}, {"group": "y"}]


@pytest.mark.parametrize(("kind", "endings"), [("eaf", {".eaf"}), ("textgrid", {".TextGrid"}), ("boris", {".csv"})])
def test_annotations_are_written_for_each_cell(filled: Library, tmp_path: Path, kind: str, endings: set[str]) -> None:
    assert main(["study", "annotations", "Pilot", str(tmp_path / "marks"), "--format", kind]) == 0
    files = sorted((tmp_path / "marks").iterdir())
    assert {path.suffix for path in files} == endings
    assert [path.name.split(".")[0] for path in files] == ["a_film", "a_news", "b_film"]
    written = files[0].read_text(encoding="utf-8-sig")
    assert "happiness" in written
    if kind == "boris":
        assert {line.split(",")[0] for line in written.splitlines()[1:]} == {"a_film"}


def test_a_bids_folder_has_events_and_physio(filled: Library, tmp_path: Path) -> None:
    assert main(["study", "annotations", "Pilot", str(tmp_path / "bids"), "--format", "bids"]) == 0
    stem = tmp_path / "bids" / "sub-a" / "beh" / "sub-a_task-film"
    events = pd.read_csv(f"{stem}_events.tsv", sep="\t")
    assert events.columns.tolist() == ["onset", "duration", "trial_type", "tier"]
    assert {"happiness", "x", "'=y()"} == set(events["trial_type"]), "spreadsheets open it too"
    about = json.loads(Path(f"{stem}_physio.json").read_text(encoding="utf-8"))
    with gzip.open(f"{stem}_physio.tsv.gz", "rt") as file:
        physio = pd.read_csv(file, sep="\t", names=about["Columns"], na_values="n/a")
    assert len(physio) == 12
    assert about["SamplingFrequency"] == pytest.approx(10)
    assert physio["happiness"].mean() > 0.5


def test_events_of_a_log_are_added_at_the_time_of_the_video(filled: Library, tmp_path: Path) -> None:
    log = tmp_path / "log.csv"
    log.write_text("t,what,long\n5000,clap,0\n5300,scare,400\n")
    cell = ["study", "events", "Pilot", "a", "film", str(log), "--format", "csv", "--unit", "0.001"]
    arguments = [*cell, "--start", "t", "--label", "what", "--duration", "long", "--align", "clap", "--at", "0.1"]
    assert main(arguments) == main(arguments) == 0
    repository = filled.for_owner(LOCAL)
    (entry,) = repository.search("scare").entries
    assert entry.source == "a_film.mp4"
    assert [(e.label, round(e.span.start_s, 3), round(e.span.end_s, 3)) for e in entry.edits.events[2:]] == [
        ("clap", 0.1, 0.1),
        ("scare", 0.4, 0.8),
    ]


@pytest.mark.parametrize("half", [["--align", "clap"], ["--at", "0.1"]])
def test_a_log_needs_an_event_and_its_time_or_neither(
    filled: Library, tmp_path: Path, capsys: pytest.CaptureFixture[str], half: list[str]
) -> None:
    log = tmp_path / "log.csv"
    log.write_text("t,what\n5,clap\n")
    capsys.readouterr()
    cell = ["study", "events", "Pilot", "a", "film", str(log), "--format", "csv", "--start", "t", "--label", "what"]
    assert main([*cell, *half]) == 2
    assert "expected both --align and --at, or neither; got one of them" in capsys.readouterr().err
    assert not filled.for_owner(LOCAL).search("clap").entries


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["results", "nothing"], "expected the title or ID of a study"),
        (["add", "Pilot", "--library", "zebra"], "expected analyses that match 'zebra' in the library; there are none"),
        (["add", "Pilot"], "expected videos, --library or --sheet"),
        (["results", "Pilot", "--measure", "x"], "expected a measure"),
        (["import", "."], "there is no study.json in it"),
        (["add", "Pilot", "--library", "", "--pattern", "x"], "expected a pattern with"),
    ],
)
def test_errors_are_one_line(
    filled: Library, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    del filled
    capsys.readouterr()
    assert main(["study", *arguments]) == 2
    assert words in capsys.readouterr().err.strip().splitlines()[-1]


def test_a_study_without_results_writes_nothing(
    library: Library, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    del library
    assert main(["study", "create", "Empty"]) == 0
    for command in (["annotations", "--format", "bids", "Empty", str(tmp_path / "out")], ["results", "Empty"]):
        assert main(["study", *command]) == 2
        assert "finished analysis" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_titles_are_unique_and_neither_empty_nor_long(library: Library, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["study", "create", "Pilot"]) == 0
    refused = {
        "Pilot": "that no study has",
        " Pilot ": "that no study has",
        " ": "it is empty",
        "x" * 201: "at most 200 characters; got 201",
    }
    for title, words in refused.items():
        assert main(["study", "create", title]) == 2
        assert words in capsys.readouterr().err
    assert len(StudyRepository(library.for_owner(LOCAL)).summaries()) == 1


def test_files_that_cannot_be_added_leave_nothing_and_fail(
    library: Library, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["study", "create", "Pilot"]) == 0
    (tmp_path / "p01_film.mp4").write_text("no video")
    files = [tmp_path / name for name in ("p01_film.mp4", "p02_film.mp4", "odd.mp4")]
    pattern = ["--pattern", "{participant}_{stimulus}"]
    assert main(["study", "add", "Pilot", *map(str, files), *pattern]) == 1
    said = capsys.readouterr()
    assert "participants: 0, stimuli: 0, analyses added: 0" in said.out
    assert "left out: odd.mp4 does not match the pattern {participant}_{stimulus}" in said.err
    assert "p01_film.mp4" in said.err
    assert "p02_film.mp4" in said.err
    study = StudyRepository(library.for_owner(LOCAL)).find("Pilot").study
    assert (study.participants, study.stimuli) == ((), ())
    assert main(["study", "results", "Pilot"]) == 2
    assert "expected a study with a finished analysis" in capsys.readouterr().err


class IdleDispatcher:
    """Starts no worker."""

    def __init__(self, library: Library) -> None:
        pass

    def start(self) -> IdleDispatcher:
        return self

    def stop(self) -> None:
        pass


def test_a_stopped_wait_leaves_the_videos_in_the_study_and_running_it_again_adds_none(
    library: Library,
    video: Path,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The analyses were left outside of the study, and every further run made new ones."""

    def press_ctrl_c(seconds: float) -> NoReturn:
        raise KeyboardInterrupt

    monkeypatch.setattr(study_add, "Dispatcher", IdleDispatcher)
    monkeypatch.setattr(study_add.time, "sleep", press_ctrl_c)
    files = [str(shutil.copy(video, tmp_path / name)) for name in ("p01_film.mp4", "p02_film.mp4")]
    assert main(["study", "create", "Pilot"]) == 0
    add = ["study", "add", "Pilot", *files, "--pattern", "{participant}_{stimulus}"]
    assert main(add) == 130
    assert "the videos are in the study" in capsys.readouterr().err
    cells = StudyRepository(library.for_owner(LOCAL)).find("Pilot").study.cells
    assert [cell.key for cell in cells] == [("p01", "film"), ("p02", "film")]
    while claim := claim_next(library, 9):
        end(library, claim, make_analysis([["happiness"]] * 4))
    assert main(add) == 0
    assert "analyses added: 0" in capsys.readouterr().out
    assert StudyRepository(library.for_owner(LOCAL)).find("Pilot").study.cells == cells
    assert library.for_owner(LOCAL).search("").total == 2


def test_the_list_shows_whole_ids(
    library: Library, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Other commands need the ID where two studies have the same title."""
    monkeypatch.setenv("COLUMNS", "80")
    assert main(["study", "create", "Reactions to trailers " * 6]) == 0
    study_id = capsys.readouterr().out.strip()
    assert main(["study", "list"]) == 0
    assert study_id in capsys.readouterr().out
