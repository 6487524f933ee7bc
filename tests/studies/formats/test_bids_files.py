"""Events and measures as BIDS lays them out: seconds of the video, one row per analysed frame."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from emotion.studies import Participant, Stimulus, Study
from emotion.studies.formats.annotations import Mark
from emotion.studies.formats.bids import bids_labels, write_bids, write_data_set
from emotion.types import Analysis
from tests.conftest import make_analysis

TIERS = {"expression": [Mark(2.0, 2.4, "happiness")], "events": [Mark(2.1, 2.1, "=clap")]}


def test_events_have_an_onset_and_a_duration(tmp_path: Path) -> None:
    write_bids(make_analysis([["happiness"]] * 6), TIERS, None, ("a", "film"), tmp_path)
    table = pd.read_csv(tmp_path / "sub-a" / "beh" / "sub-a_task-film_events.tsv", sep="\t")
    assert table["onset"].tolist() == [2.0, 2.1]
    assert table["duration"].tolist() == pytest.approx([0.4, 0.0])
    assert table["trial_type"].tolist() == ["happiness", "'=clap"]
    assert list((tmp_path / "sub-a" / "beh").glob("*_physio*")) == []


def test_measures_of_one_person_start_with_the_analysed_part(tmp_path: Path) -> None:
    """The second person is seen in the first three of six frames, from 2 s on."""
    analysis = make_analysis([["happiness", "anger"]] * 3 + [["happiness"]] * 3)
    timeline = analysis.timeline.assign(time_s=analysis.timeline["time_s"] + 2)
    part = replace(analysis, timeline=timeline, frames=analysis.frames.assign(time_s=analysis.frames["time_s"] + 2))
    write_bids(part, TIERS, 2, ("a", "film"), tmp_path)
    stem = tmp_path / "sub-a" / "beh" / "sub-a_task-film_physio"
    about = json.loads(stem.with_suffix(".json").read_text(encoding="utf-8"))
    assert (about["StartTime"], about["SamplingFrequency"]) == pytest.approx((2.0, 10.0))
    with gzip.open(f"{stem}.tsv.gz", "rt") as file:
        physio = pd.read_csv(file, sep="\t", names=about["Columns"], na_values="n/a")
    assert len(physio) == 6
    assert (physio["anger"][:3] > 0.5).all()
    assert physio["anger"][3:].isna().all()


def physio_of(analysis: Analysis, folder: Path) -> tuple[dict, pd.DataFrame]:
    write_bids(analysis, TIERS, 1, ("a", "film"), folder)
    stem = folder / "sub-a" / "beh" / "sub-a_task-film_physio"
    about = json.loads(stem.with_suffix(".json").read_text(encoding="utf-8"))
    with gzip.open(f"{stem}.tsv.gz", "rt") as file:
        return about, pd.read_csv(file, sep="\t", names=about["Columns"], na_values="n/a")


def timed(analysis: Analysis, times: list[float]) -> Analysis:
    return replace(
        analysis,
        timeline=analysis.timeline.assign(time_s=np.array(times)),
        frames=analysis.frames.assign(time_s=np.array(times)),
    )


def test_labels_stay_in_one_cell_of_a_tsv(tmp_path: Path) -> None:
    """The BIDS validator splits lines before it looks at quotation marks."""
    tiers = {"events": [Mark(0.1, 0.2, "one\ttwo\nthree"), Mark(0.3, 0.4, "=f\r\n(x)")]}
    write_bids(make_analysis([["happiness"]] * 6), tiers, None, ("a", "film"), tmp_path)
    text = (tmp_path / "sub-a" / "beh" / "sub-a_task-film_events.tsv").read_text(encoding="utf-8")
    assert [line.split("\t")[2] for line in text.splitlines()[1:]] == ["one two three", "'=f (x)"]
    assert {line.count("\t") for line in text.splitlines()} == {3}


def test_times_in_milliseconds_do_not_change_the_rate(tmp_path: Path) -> None:
    """WebM rounds to 0.033, 0.067 and 0.1 s, whose usual step is 0.033 s: 30.3 Hz, 6 s off after ten minutes."""
    times = [round(frame / 30, 3) for frame in range(300)]
    about, physio = physio_of(timed(make_analysis([["happiness"]] * 300), times), tmp_path)
    assert about["SamplingFrequency"] == pytest.approx(30, abs=0.01)
    assert len(physio) == 300


def test_rows_are_evenly_spaced_if_frames_are_not(tmp_path: Path) -> None:
    """Ten frames at 10 Hz, a second without any, ten more, then three at 5 Hz."""
    times = [*(frame / 10 for frame in range(10)), *(2 + frame / 10 for frame in range(10)), *(3.2, 3.4, 3.6)]
    shown = [["happiness"]] * 10 + [["anger"]] * 13
    about, physio = physio_of(timed(make_analysis(shown), times), tmp_path)
    assert about["SamplingFrequency"] == pytest.approx(10)
    assert len(physio) == 37
    assert (physio["happiness"][:10] > 0.5).all()
    assert physio["happiness"][11:19].isna().all()
    assert (physio["anger"][20:] > 0.5).all()


def test_a_data_set_is_described_and_names_people(tmp_path: Path) -> None:
    people = (Participant("p1 Zoë", {"group": "=a\nb"}), Participant("p2", {"group": "c"}), Participant("left out"))
    study = Study("Größe\n1", people, (Stimulus("film"),))
    labels = bids_labels(["p1 Zoë", "p2"])
    assert {path.name for path in write_data_set(study, labels, tmp_path)} == {
        "dataset_description.json",
        "participants.tsv",
    }
    about = json.loads((tmp_path / "dataset_description.json").read_text(encoding="utf-8"))
    assert (about["Name"], about["BIDSVersion"]) == ("Größe 1", "1.10.0")
    lines = (tmp_path / "participants.tsv").read_text(encoding="utf-8").splitlines()
    assert lines == ["participant_id\tname\tgroup", "sub-p1Zo\tp1 Zoë\t'=a b", "sub-p2\tp2\tc"]


def test_files_of_another_data_set_are_kept_and_those_of_the_study_are_renewed(tmp_path: Path) -> None:
    study = Study("S", tuple(map(Participant, "pqr")))
    names = tmp_path / "participants.tsv"
    write_data_set(study, {"p": "p", "q": "q"}, tmp_path)
    write_data_set(study, {"q": "q", "r": "r"}, tmp_path)
    assert names.read_text(encoding="utf-8").splitlines()[1:] == ["sub-q\tq", "sub-r\tr"], "p has left the study"
    assert write_data_set(replace(study, title="T"), {"p": "p"}, tmp_path) == []
    (tmp_path / "dataset_description.json").write_text('{"Name": "S"}', encoding="utf-8")
    assert write_data_set(study, {"p": "p"}, tmp_path) == []


def test_a_variable_called_name_does_not_replace_names(tmp_path: Path) -> None:
    write_data_set(Study("S", (Participant("p", {"name": "x"}),)), {"p": "p"}, tmp_path)
    lines = (tmp_path / "participants.tsv").read_text(encoding="utf-8").splitlines()
    assert lines == ["participant_id\tname\tvariable_name", "sub-p\tp\tx"]


def test_a_blank_variable_of_a_participant_is_not_available(tmp_path: Path) -> None:
    """BIDS asks for n/a where a value is missing."""
    people = Participant("a", {"group": "x", "age": "7"}), Participant("b", {"group": " "}), Participant("c")
    write_data_set(Study("S", people), {each.name: each.name for each in people}, tmp_path)
    assert (tmp_path / "participants.tsv").read_text(encoding="utf-8").splitlines() == [
        "participant_id\tname\tgroup\tage",
        "sub-a\ta\tx\t7",
        "sub-b\tb\tn/a\tn/a",
        "sub-c\tc\tn/a\tn/a",
    ]
