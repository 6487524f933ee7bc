"""Events of a study's videos on tiers, and in the files of other programs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from praatio import textgrid
from pympi.Elan import Eaf

from emotion.analytics.edits import Edits, Event, Span
from emotion.library.studies import StudyRepository
from emotion.library.studies.annotations import EVENTS, tiers_of, write_annotations
from emotion.library.studies.repository import SavedStudy
from emotion.studies import Cell, Participant, Stimulus, Study
from emotion.studies.formats.annotations import eaf_text, textgrid_text
from tests.conftest import make_analysis
from tests.library.libraries import put

SECOND = f"{EVENTS} 2"


def tiers(*spans: tuple[float, float]) -> dict[str, list[tuple[float, float]]]:
    events = [Event(str(number), Span(*span)) for number, span in enumerate(spans)]
    found = tiers_of(make_analysis([[]] * 5), events, None)
    return {name: [(mark.start_s, mark.end_s) for mark in marks] for name, marks in found.items() if marks}


@pytest.mark.parametrize("step_s", [2.0, 0.1, 1 / 3, 1.0005])
def test_events_that_follow_each_other_are_on_one_tier(step_s: float) -> None:
    times = [0.0]
    for _ in range(50):
        times.append(times[-1] + step_s)  # a sum of steps, so that most ends are not n · step
    spans = [(number * step_s, end) for number, end in enumerate(times[1:])]
    assert tiers(*spans) == {EVENTS: spans}


def test_only_events_that_overlap_are_on_further_tiers() -> None:
    assert tiers((0, 2), (1.999, 3), (2, 4)) == {EVENTS: [(0, 2), (2, 4)], SECOND: [(1.999, 3)]}
    assert tiers((0, 2), (2, 2), (2.001, 3)) == {EVENTS: [(0, 2), (2, 2), (2.001, 3)]}
    assert tiers((2, 2), (2, 4)) == {EVENTS: [(2, 2)], SECOND: [(2, 4)]}, "a moment is written as 1 ms"


@pytest.mark.slow
@settings(max_examples=20)
@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 20)), max_size=12))
def test_no_tier_has_events_that_overlap(spans: list[tuple[int, int]]) -> None:
    """Praat refuses them. Times are thirds of milliseconds, which no format has."""
    events = [Event("e", Span(start / 3000, (start + length) / 3000)) for start, length in spans]
    found = tiers_of(make_analysis([[]] * 5), events, None)
    assert textgrid_text(found)
    assert sum(map(len, found.values())) == len(spans)
    for marks in found.values():
        text = eaf_text({"x": marks})
        times = [int(part.split('"')[0]) for part in text.split('TIME_VALUE="')[1:]]
        assert times == sorted(times) and len(times) == 2 * len(marks)


@pytest.mark.parametrize("kind", ["eaf", "textgrid", "boris", "bids"])
def test_files_have_trials_on_one_tier(studies: StudyRepository, saved: SavedStudy, tmp_path: Path, kind: str) -> None:
    analysis = saved.study.cells[0].analysis
    trials = [Event(f"trial{number}", Span(0.2 * number, 0.2 * (number + 1))) for number in range(5)]
    film = Event("film", Span(0.5, 1.2))
    studies.analyses.save_edits(analysis, Edits(events=(*trials, film)))
    paths = write_annotations(studies, saved, tmp_path / "out", kind)
    labels = [each.label for each in trials]
    path = next(each for each in paths if "p1" in each.name and "film" in each.name and each.suffix != ".json")
    found = {
        "eaf": lambda: [each[2] for each in Eaf(str(path)).get_annotation_data_for_tier(EVENTS)],
        "textgrid": lambda: [
            each.label for each in textgrid.openTextgrid(str(path), includeEmptyIntervals=False).getTier(EVENTS).entries
        ],
        "boris": lambda: _column(pd.read_csv(path), "Subject", "Behavior"),
        "bids": lambda: _column(pd.read_csv(path, sep="\t"), "tier", "trial_type"),
    }[kind]()
    assert found == labels


def test_files_have_all_tracks_with_the_participants_name(
    studies: StudyRepository, video: Path, tmp_path: Path
) -> None:
    analysis = make_analysis([["happiness"]] * 20 + [["anger"]] * 20)
    tracks = analysis.timeline["track_id"].mask(analysis.timeline["time_s"] > 1.95, 2).astype("int32")
    entry = put(studies.analyses, video, analysis=replace(analysis, timeline=analysis.timeline.assign(track_id=tracks)))
    studies.analyses.save_edits(entry.id, Edits(names={1: "p1", 2: "p1"}))
    study = Study("S", (Participant("p1"),), (Stimulus("film"),), (Cell("p1", "film", entry.id),))
    (path,) = write_annotations(studies, studies.create(study), tmp_path / "out", "eaf")
    shown = Eaf(str(path)).get_annotation_data_for_tier("expression")
    assert [each[:3] for each in shown] == [(0, 2000, "happiness"), (2000, 4000, "anger")]


def _column(table: pd.DataFrame, tier: str, label: str) -> list[str]:
    return list(dict.fromkeys(table[table[tier] == EVENTS][label]))
