"""Synchrony across a study: who is the second person, known lags, and pairs against shuffled ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from emotion.analytics.edits import Edits, Event, Span
from emotion.analytics.files import save_parquet
from emotion.errors import Cancelled, LibraryError
from emotion.studies import Cell, Consent, Participant, Stimulus, Study
from emotion.studies.pair_results import TEST_MEANINGS, StudyPairs, compute_pairs
from emotion.studies.pair_sentences import stimulus_sentence, stimulus_smiles
from emotion.types import Analysis
from tests.conftest import make_analysis
from tests.pairs import following

FILM = Stimulus("film")


class Videos:
    """Opens cells whose analyses are files, and counts how many are open at a time."""

    def __init__(self, folder: Path, videos: Mapping[str, Analysis], edits: Mapping[str, Edits] | None = None) -> None:
        self.files = {name: save_parquet(video, folder / f"{name}.parquet") for name, video in videos.items()}
        self.edits, self.opened, self.most = edits or {}, 0, 0

    @contextmanager
    def open(self, cell: Cell) -> Iterator[tuple[Path, Edits]]:
        if cell.analysis not in self.files:
            raise LibraryError("The analysis is not finished: it is queued.")
        self.opened += 1
        self.most = max(self.most, self.opened)
        yield self.files[cell.analysis], self.edits.get(cell.analysis, Edits())
        self.opened -= 1


def study_of(*cells: Cell, stimuli: tuple[Stimulus, ...] = (FILM,), people: tuple[Participant, ...] = ()) -> Study:
    names = dict.fromkeys(cell.participant for cell in cells)
    return Study("Pairs", people or tuple(Participant(name) for name in names), stimuli, cells)


def dyads(folder: Path, count: int, *, copied: bool, late_s: float = 0.0) -> StudyPairs:
    videos = {
        f"v{seed}": following(late_s, seconds=30, copied=copied, seed=10 * seed, rate=[10, 25, 30][seed % 3])
        for seed in range(count)
    }
    cells = [Cell(f"p{place}", "film", name, track=1) for place, name in enumerate(videos)]
    return compute_pairs(study_of(*cells), Videos(folder, videos).open, "happiness")


def test_pairs_that_follow_each_other_are_told_from_shuffled_ones(tmp_path: Path) -> None:
    found = dyads(tmp_path, 8, copied=True)
    assert not found.problems
    assert found.table["participant"].tolist() == [f"p{place}" for place in range(8)]
    assert set(found.table["partner"]) == {"Person 2"}
    assert found.table["lag_s"].tolist() == pytest.approx([0.0] * 8)
    (test,) = found.tests.to_dict("records")
    assert list(test) == ["stimulus", *TEST_MEANINGS]
    assert test["pairs"] == 8
    assert test["r"] > 0.99
    assert abs(test["r_shuffled"]) < 0.3
    assert test["p"] == test["p_holm"] < 0.01
    assert "film: happiness of 8 pairs moves together more than that of shuffled pairs" in stimulus_sentence(
        test, "happiness"
    )
    assert "film: both smile in" in stimulus_smiles(test)


def test_strangers_are_not(tmp_path: Path) -> None:
    (test,) = dyads(tmp_path, 6, copied=False).tests.to_dict("records")
    assert test["p"] > 0.05
    assert "does not reliably move together more than" in stimulus_sentence(test, "happiness")


def test_two_pairs_are_too_few_to_shuffle(tmp_path: Path) -> None:
    found = dyads(tmp_path, 2, copied=True, late_s=0.5)
    assert found.table["lag_s"].tolist() == pytest.approx([0.5, 0.5], abs=0.11)
    (test,) = found.tests.to_dict("records")
    assert np.isnan([test["p"], test["p_holm"], test["smiling_p"]]).all()
    assert test["r"] == pytest.approx(np.tanh(np.arctanh(found.table["r"]).mean()))
    assert stimulus_sentence(test, "happiness").endswith("shuffled pairs need 3 or more.")


def test_three_pairs_cannot_give_a_small_p(tmp_path: Path) -> None:
    (test,) = dyads(tmp_path, 3, copied=True).tests.to_dict("records")
    assert test["p"] == pytest.approx(1 / 6, abs=0.02)
    assert stimulus_sentence(test, "happiness").endswith("With 3 pairs the smallest possible p is 0.17.")


def test_two_participants_of_one_video_are_one_pair(tmp_path: Path) -> None:
    videos = Videos(tmp_path, {"v": following(0.4)}, {"v": Edits(names={1: "Ann", 2: "bea"})})
    found = compute_pairs(study_of(Cell("Bea", "film", "v"), Cell("Ann", "film", "v")), videos.open, "happiness")
    (row,) = found.table.to_dict("records")
    assert (row["participant"], row["partner"], row["lag_s"]) == ("Bea", "Ann", pytest.approx(-0.4))


def test_who_does_not_count_is_no_second_person(tmp_path: Path) -> None:
    three = following(0.0)
    third = three.timeline[three.timeline["track_id"] == 2].iloc[:200].assign(track_id=np.int32(3))
    timeline = pd.concat([three.timeline, third]).sort_values(["frame_index", "track_id"], ignore_index=True)
    videos = Videos(tmp_path, {"v": replace(three, timeline=timeline)}, {"v": Edits(names={1: "Ann", 2: "Bea"})})
    people = Participant("Ann"), Participant("Bea", consent=Consent.WITHDRAWN)
    cells = Cell("Ann", "film", "v"), Cell("Bea", "film", "v")
    found = compute_pairs(study_of(*cells, people=people), videos.open, "happiness")
    assert found.table["partner"].tolist() == ["Person 3"]
    unnamed = Videos(tmp_path, {"v": three})
    found = compute_pairs(study_of(*cells, people=people), unnamed.open, "happiness")
    assert found.table.empty
    assert "expected the track of Bea, who counts in no result" in found.problems["Ann", "film"]


def split(analysis: Analysis, track: int, new: int, from_s: float) -> Analysis:
    """Return an analysis in which a track ends at a time and another one continues it."""
    timeline = analysis.timeline
    later = (timeline["track_id"] == track) & (timeline["time_s"] >= from_s)
    ids = timeline["track_id"].mask(later, new).astype("int32")
    timeline = timeline.assign(track_id=ids).sort_values(["frame_index", "track_id"], ignore_index=True)
    return replace(analysis, timeline=timeline)


@pytest.mark.parametrize("edits", [Edits(merged={3: 2}), Edits(names={2: "Bea", 3: "Bea"})])
def test_a_withdrawn_person_is_protected_in_every_track(tmp_path: Path, edits: Edits) -> None:
    """Bea's cell names track 3, which is merged into 2; or both tracks have her name."""
    video = split(following(0.0), 2, 3, 30)
    videos = Videos(tmp_path, {"v": video}, {"v": edits})
    people = Participant("Ann"), Participant("Bea", consent=Consent.WITHDRAWN)
    cells = Cell("Ann", "film", "v", track=1), Cell("Bea", "film", "v", track=3 if edits.merged else None)
    found = compute_pairs(study_of(*cells, people=people), videos.open, "happiness")
    assert found.table.empty
    assert not found.problems


@pytest.mark.parametrize("edits", [Edits(merged={3: 2}), Edits(names={2: "Bea", 3: "Bea"})])
def test_the_tracks_of_pairs_follow_merges_and_names(tmp_path: Path, edits: Edits) -> None:
    video = split(following(0.4), 2, 3, 30)
    cells = Cell("Ann", "film", "v", track=1), Cell("Bea", "film", "v", track=3 if edits.merged else None)
    found = compute_pairs(study_of(*cells), Videos(tmp_path, {"v": video}, {"v": edits}).open, "happiness")
    (row,) = found.table.to_dict("records")
    assert (row["participant"], row["partner"], row["lag_s"]) == ("Ann", "Bea", pytest.approx(0.4))
    assert row["seconds"] == pytest.approx(60)


def test_the_track_of_the_first_person_follows_merges(tmp_path: Path) -> None:
    video = split(following(0.4), 1, 3, 30)
    cell = Cell("Ann", "film", "v", track=3)
    found = compute_pairs(study_of(cell), Videos(tmp_path, {"v": video}, {"v": Edits(merged={3: 1})}).open, "happiness")
    (row,) = found.table.to_dict("records")
    assert (row["partner"], row["seconds"]) == ("Person 2", pytest.approx(60))


def test_a_named_person_who_is_not_seen_is_in_no_pair(tmp_path: Path) -> None:
    edits = {"v": Edits(names={1: "Ann", 2: "Experimenter", 3: "Guest"})}
    three = split(following(0.0), 1, 3, 30)
    found = compute_pairs(
        study_of(Cell("Ann", "film", "v", start_s=30)), Videos(tmp_path, {"v": three}, edits).open, "happiness"
    )
    assert found.table.empty
    assert found.problems == {("Ann", "film"): "expected Ann in the video; they are not seen in this part"}


def test_one_person_and_somebody_passing_by_are_no_pair(tmp_path: Path) -> None:
    alone = make_analysis([["fear"]] * 200)
    passing = make_analysis([["fear"]] * 200 + [["fear", "neutral"]] * 50)
    videos = Videos(tmp_path, {"a": alone, "b": passing})
    found = compute_pairs(study_of(Cell("p1", "film", "a"), Cell("p2", "film", "b")), videos.open, "happiness")
    assert found.table.empty
    assert found.tests.empty
    assert not found.problems


def test_tracks_begin_at_the_event_and_its_first_occurrence_counts(tmp_path: Path) -> None:
    events = tuple(Event("scene", Span(start, start + 20)) for start in (10, 35))
    videos = Videos(tmp_path, {"v": following(0.3)}, {"v": Edits(events=events)})
    film = Stimulus("film", event="scene", before_s=2)
    found = compute_pairs(study_of(Cell("p1", "film", "v", track=1), stimuli=(film,)), videos.open, "happiness")
    (row,) = found.table.to_dict("records")
    assert row["seconds"] == pytest.approx(22)
    assert row["lag_s"] == pytest.approx(0.3)


def test_problems_are_said_and_timelines_are_opened_one_by_one(tmp_path: Path) -> None:
    videos = Videos(tmp_path, {"v": following(0.3), "slow": following(0.3, rate=2)})
    cells = Cell("p1", "film", "v", track=1), Cell("p2", "film", "gone"), Cell("p3", "film", "slow", track=1)
    steps: list[tuple[int, int]] = []
    found = compute_pairs(
        study_of(*cells), videos.open, "valence", on_step=lambda one: steps.append((one.done, one.total))
    )
    assert found.problems["p2", "film"] == "The analysis is not finished: it is queued."
    assert "expected at least 4 analysed frames per second" in found.problems["p3", "film"]
    assert found.table["participant"].tolist() == ["p1"]
    assert videos.most == 1
    assert steps == [(1, 4), (2, 4), (3, 4), (4, 4)]

    def stop(_: object) -> None:
        raise Cancelled("enough")

    with pytest.raises(Cancelled):
        compute_pairs(study_of(*cells), videos.open, "valence", on_step=stop)


def test_p_is_corrected_over_the_stimuli(tmp_path: Path) -> None:
    videos = {f"v{seed}": following(0.0, seconds=30, seed=10 * seed) for seed in range(5)}
    names = "film", "news"
    cells = [Cell(f"p{place}", name, each, track=1) for name in names for place, each in enumerate(videos)]
    study = study_of(*cells, stimuli=tuple(Stimulus(name) for name in names))
    tests = compute_pairs(study, Videos(tmp_path, videos).open, "happiness").tests
    assert tests["stimulus"].tolist() == ["film", "news"]
    assert tests["p_holm"].tolist() == pytest.approx((2 * tests["p"]).tolist())
