"""Events and measures as BIDS lays them out: seconds of the video, one row per analysed frame."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from emotion.studies.formats.annotations import Mark
from emotion.studies.formats.bids import write_bids
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
