"""Means, seconds and curves of a study, compared with the figures of single analyses."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emotion.analytics.apply import apply_edits, mean_probabilities, part_of
from emotion.analytics.edits import Edits, Event, Span
from emotion.analytics.files import save_parquet
from emotion.errors import Cancelled, InputError, LibraryError
from emotion.studies import Cell, Consent, Participant, Stimulus, Study
from emotion.studies.formats.codebook import codebook
from emotion.studies.participant import tracks_named
from emotion.studies.results import Opener, StudyResults, compute
from emotion.studies.rows import read_rows, rows_of
from emotion.studies.statistics.mixed import mixed_model
from emotion.studies.sums import CellSums, sum_cell
from emotion.studies.windows import Window, windows_of
from emotion.types import Analysis, Progress
from tests.conftest import make_analysis

Source = tuple[Analysis, Edits]
FILM = Stimulus("film")


def opener(folder: Path, sources: Mapping[str, Source]) -> Opener:
    for name, (analysis, _) in sources.items():
        save_parquet(analysis, folder / f"{name}.parquet")

    @contextmanager
    def opened(cell: Cell) -> Iterator[tuple[Path, Edits]]:
        if cell.analysis not in sources:
            raise LibraryError("The analysis is not finished: it is queued.")
        yield folder / f"{cell.analysis}.parquet", sources[cell.analysis][1]

    return opened


def results_of(folder: Path, sources: Mapping[str, Source], stimulus: Stimulus = FILM) -> StudyResults:
    people = tuple(Participant(name) for name in sources)
    cells = tuple(Cell(name, stimulus.name, name) for name in sources)
    return compute(Study("S", people, (stimulus,), cells), opener(folder, sources))


def test_means_are_those_of_the_analysis(tmp_path: Path) -> None:
    analysis = make_analysis([["happiness"]] * 15 + [[]] * 5 + [["neutral"]] * 10)
    (row,) = results_of(tmp_path, {"a": (analysis, Edits())}).means.to_dict("records")
    expected = mean_probabilities(analysis)
    assert expected is not None
    assert {name: row[name] for name in expected} == pytest.approx(expected)
    assert (row["frames"], row["repetitions"]) == (25, 1)
    assert (row["seconds"], row["window_s"], row["seen"]) == pytest.approx((2.5, 3.0, 2.5 / 3))
    assert row["valence"] == pytest.approx(np.mean(valence_of(analysis)), abs=1e-6)


def test_a_variable_with_the_name_of_a_measure_has_a_column_of_its_own(tmp_path: Path) -> None:
    people = (Participant("a", {"group": "x", "seconds": "few", "variable_seconds": "none"}),)
    study = Study("S", people, (Stimulus("film", {"valence": "positive"}),), (Cell("a", "film", "a"),))
    results = compute(study, opener(tmp_path, {"a": (make_analysis([["happiness"]] * 15), Edits())}))
    (row,) = results.means.to_dict("records")
    assert results.means.columns.is_unique
    assert results.long_means().columns.is_unique
    assert (row["group"], row["variable_valence"], row["seconds"]) == ("x", "positive", pytest.approx(1.5))
    assert (row["variable_seconds"], row["variable_variable_seconds"]) == ("few", "none")
    assert row["valence"] > 0.5
    assert results.labelled(results.seconds, "variable_valence")["variable_valence"].tolist() == ["positive"] * 2


def test_variables_of_the_same_name_of_people_and_stimuli_are_two_columns(tmp_path: Path) -> None:
    people = tuple(Participant(name, {"age": age}) for name, age in (("a", "30"), ("b", "40")))
    study = Study("S", people, (Stimulus("film", {"age": "new"}),), tuple(Cell(who, "film", who) for who in "ab"))
    results = compute(study, opener(tmp_path, {who: (make_analysis([["fear"]] * 5), Edits()) for who in "ab"}))
    for table in (results.means, results.long_means().drop_duplicates("participant")):
        assert table[["age", "stimulus_age"]].to_numpy().tolist() == [["30", "new"], ["40", "new"]]
    about = codebook(results.study, ["age", "stimulus_age"])["meaning"].tolist()
    assert [("participant" in each, "stimulus" in each) for each in about] == [(True, False), (False, True)]


def test_a_part_without_frames_is_no_absent_person(tmp_path: Path) -> None:
    """A mistyped start is not a person who is not seen."""
    cells = (Cell("a", "film", "x", 1.0), Cell("b", "film", "x", 500.0))
    study = Study("S", (Participant("a"), Participant("b")), (Stimulus("film"),), cells)
    results = compute(study, opener(tmp_path, {"x": (make_analysis([["fear"]] * 20), Edits())}))
    assert results.means["participant"].tolist() == ["a"]
    assert results.problems == {
        ("b", "film"): "expected analysed frames in this part of the video; it is after the end or left out"
    }


@pytest.mark.parametrize("blank", ["", " ", None])
def test_a_blank_variable_is_missing(tmp_path: Path, blank: str | None) -> None:
    groups = {"a": "control", "b": blank, "c": "treatment"}
    shown = {name: (make_analysis([["happiness"]] * 15), Edits()) for name in groups}
    people = tuple(Participant(name, {} if group is None else {"group": group}) for name, group in groups.items())
    stimuli = (Stimulus("film", {"genre": blank or "", "cut": "long"}),)
    study = Study("S", people, stimuli, tuple(Cell(name, "film", name) for name in groups))
    results = compute(study, opener(tmp_path, shown))
    for table in (results.means, results.long_means(), results.seconds):
        labelled = results.labelled(table, "group")
        assert list(dict.fromkeys(labelled["group"])) == ["control", "treatment"]
        assert results.labelled(table, "genre").empty
        assert set(results.labelled(table, "cut")["participant"]) == set(groups)
    assert results.means["group"].fillna("missing").tolist() == ["control", "missing", "treatment"]
    assert results.means["genre"].isna().all()
    assert results.means.dtypes[["group", "genre", "cut"]].tolist() == [object] * 3, "text, even if nobody has a value"


def test_a_blank_group_is_no_reference_of_a_mixed_model(tmp_path: Path) -> None:
    groups = {"p1": "control", "p2": "control", "p3": "treatment", "p4": "treatment", "p5": "treatment", "p6": ""}
    sources = {
        name: (make_analysis([["happiness"]] * (3 + 2 * place) + [["neutral"]] * (12 - place)), Edits())
        for place, name in enumerate(groups)
    }
    people = tuple(Participant(name, {"group": group}) for name, group in groups.items())
    study = Study("S", people, (FILM,), tuple(Cell(name, "film", name) for name in groups))
    results = compute(study, opener(tmp_path, sources))
    model = mixed_model(results.labelled(results.means, "group"), "happiness", within=None, between="group")
    assert [effect.term for effect in model.effects] == ["group: treatment − control"]
    assert model.people == 5
    means = results.means.set_index("participant")["happiness"]
    expected = means[["p3", "p4", "p5"]].mean() - means[["p1", "p2"]].mean()
    assert model.effects[0].estimate == pytest.approx(expected)


def valence_of(analysis: Analysis) -> list[float]:
    rows = analysis.timeline
    return list(rows["p_happiness"] - rows[["p_sadness", "p_anger", "p_fear", "p_disgust"]].max(axis=1))


def test_seconds_add_up_to_the_means(tmp_path: Path) -> None:
    shown = [["happiness"]] * 12 + [["neutral", "anger"]] * 9 + [["sadness"]] * 14
    results = results_of(tmp_path, {"a": (make_analysis(shown), Edits()), "b": (make_analysis(shown[:7]), Edits())})
    seconds, means = results.seconds, results.means.set_index("participant")
    assert seconds["participant"].cat.categories.tolist() == ["a", "b"]
    assert seconds[seconds["participant"] == "a"]["second"].tolist() == [0, 1, 2, 3]
    weighted = seconds.assign(total=seconds["happiness"] * seconds["seconds"]).groupby("participant", observed=True)
    np.testing.assert_allclose(weighted["total"].sum() / weighted["seconds"].sum(), means["happiness"], rtol=1e-5)
    np.testing.assert_allclose(weighted["seconds"].sum(), means["seconds"])
    names, second, values = results.curves("happiness", "film")
    assert (names, second.tolist(), values.shape) == (["a", "b"], [0, 1, 2, 3], (2, 4))
    assert np.isnan(values[1, 1:]).all()
    first = seconds[(seconds["participant"] == "a") & (seconds["second"] == 0)]["happiness"].item()
    assert values[0, 0] == pytest.approx(first)


@pytest.mark.parametrize("edits", [Edits(), Edits(hidden=frozenset({2}))])
def test_a_video_of_a_single_frame_counts_for_its_duration(edits: Edits, tmp_path: Path) -> None:
    analysis = make_analysis([["happiness"]])
    (row,) = results_of(tmp_path, {"a": (analysis, edits)}).means.to_dict("records")
    duration_s = 1 / analysis.info.fps
    assert (row["seconds"], row["window_s"], row["seen"]) == pytest.approx((duration_s, duration_s, 1.0))
    assert row["happiness"] == pytest.approx(mean_probabilities(analysis)["happiness"])


def test_edits_count_as_on_the_video_page(tmp_path: Path) -> None:
    analysis = make_analysis([["happiness", "anger"]] * 10 + [["neutral"]] * 10 + [["sadness", "fear"]] * 20)
    edits = Edits(hidden=frozenset({2}), events=(Event("break", Span(0.5, 1.25), excluded=True),))
    (row,) = results_of(tmp_path, {"a": (analysis, edits)}).means.to_dict("records")
    expected = mean_probabilities(apply_edits(analysis, edits))
    assert expected is not None
    assert {name: row[name] for name in expected} == pytest.approx(expected)


@settings(max_examples=20)
@given(
    st.lists(st.sampled_from([["happiness"], ["anger", "happiness"], [], ["neutral"]]), min_size=3, max_size=40),
    st.integers(0, 20).map(lambda tenths: tenths / 10),
    st.integers(1, 30).map(lambda tenths: tenths / 10),
)
def test_a_part_has_the_means_and_seconds_of_that_part(shown: list[list[str]], start: float, length: float) -> None:
    analysis = make_analysis(shown)
    part = part_of(analysis, Span(start, start + length), 1)
    sums = sum_cell(rows_of(analysis), [Window(start, start + length, start)], track=1)
    assert sums.frames.sum() == len(part.timeline)
    expected = mean_probabilities(part)
    if expected is not None:
        found = dict(zip(sums.measures, sums.means(), strict=True))
        assert {name: found[name] for name in expected} == pytest.approx(expected, abs=1e-6)


def test_repeated_events_are_aligned_at_their_start(tmp_path: Path) -> None:
    shown = [["neutral"]] * 20 + [["happiness"]] * 10 + [["neutral"]] * 20 + [["happiness"]] * 10 + [["neutral"]] * 5
    events = tuple(Event("Beep", Span(start, start)) for start in (2.0, 5.0))
    stimulus = Stimulus("beep", event="beep", before_s=1, after_s=1)
    results = results_of(tmp_path, {"a": (make_analysis(shown), Edits(events=events))}, stimulus)
    seconds = results.seconds.set_index("second")
    assert seconds["frames"].to_dict() == {-1: 20, 0: 20}
    assert seconds.loc[0, "happiness"] > 0.5 > seconds.loc[-1, "happiness"]
    assert results.means["repetitions"].tolist() == [2]


def test_a_person_with_the_participants_name_counts_before_the_one_seen_longest(tmp_path: Path) -> None:
    analysis = make_analysis([["happiness", "anger"]] * 10 + [["happiness"]] * 10)
    by_time = results_of(tmp_path, {"ada": (analysis, Edits())})
    by_name = results_of(tmp_path, {"ada": (analysis, Edits(names={2: "Ada"}))})
    assert by_time.sums["ada", "film"].track == 1
    assert by_name.sums["ada", "film"].track == 2
    assert by_name.sums["ada", "film"].people == 2
    assert by_name.means["anger"][0] > 0.5


def test_excluded_people_are_left_out_and_problems_are_reported(tmp_path: Path) -> None:
    people = (
        Participant("in"),
        Participant("out", excluded="late"),
        Participant("no", consent=Consent.WITHDRAWN),
        Participant("q"),
    )
    cells = tuple(Cell(each.name, "film", "a" if each.name != "q" else "queued") for each in people)
    study = Study("S", people, (Stimulus("film"),), cells)
    results = compute(study, opener(tmp_path, {"a": (make_analysis([["fear"]] * 5), Edits())}))
    assert list(results.sums) == [("in", "film")]
    assert results.problems == {("q", "film"): "The analysis is not finished: it is queued."}
    fear = {"a": (make_analysis([["fear"]] * 5), Edits())}
    missing = compute(
        replace(study, stimuli=(Stimulus("film", event="x"),)),
        opener(tmp_path, fear),
    )
    assert "expected an event named 'x'" in missing.problems["in", "film"]


def test_without_faces_or_cells_means_are_unknown_or_empty(tmp_path: Path) -> None:
    (row,) = results_of(tmp_path, {"a": (make_analysis([[]] * 10), Edits())}).means.to_dict("records")
    assert (row["frames"], row["seconds"], row["seen"]) == (0, 0, 0)
    assert np.isnan(row["happiness"])
    empty = compute(Study("S"), opener(tmp_path, {}))
    assert empty.means.empty and empty.seconds.empty and empty.long_means().empty
    assert empty.curves("happiness", "film")[0] == []


def test_known_sums_are_not_computed_again_and_a_cancel_stops(tmp_path: Path) -> None:
    sources = {name: (make_analysis([["fear"]] * 5), Edits()) for name in "abc"}
    study = Study(
        "S", tuple(map(Participant, sources)), (Stimulus("f"),), tuple(Cell(name, "f", name) for name in sources)
    )
    known: dict = {}
    first = compute(study, opener(tmp_path, sources), known=known, fingerprint=lambda cell: cell.analysis)
    again = compute(study, opener(tmp_path, {}), known=known, fingerprint=lambda cell: cell.analysis)
    pd.testing.assert_frame_equal(first.means, again.means)

    def stop(progress: Progress) -> None:
        raise Cancelled("stop")

    with pytest.raises(Cancelled):
        compute(study, opener(tmp_path, sources), stop)


def test_a_moment_needs_a_length_and_only_events_of_the_part_count() -> None:
    events = [Event("x", Span(1, 1)), Event("x", Span(4, 6)), Event("x", Span(8, 9), excluded=True)]
    with pytest.raises(InputError, match="which is a moment"):
        windows_of(Cell("p", "s", "a"), Stimulus("s", event="x"), events)
    assert windows_of(Cell("p", "s", "a", 3, 5), Stimulus("s", event="X", before_s=2), events) == [Window(3, 5, 4)]
    assert windows_of(Cell("p", "s", "a", 3, 5), Stimulus("s"), events) == [Window(3, 5, 3)]
    assert windows_of(Cell("p", "s", "a"), Stimulus("s"), events) == [Window(0, float("inf"), 0)]


def test_measures_that_are_known_at_different_times_keep_their_own_durations() -> None:
    analysis = make_analysis([["happiness"]] * 30)
    rows = rows_of(analysis)
    values = rows.values.copy()
    values[5:12, 0], values[20:, 1], values[:, 2] = np.nan, np.nan, np.nan
    sums = sum_cell(replace(rows, values=values), [Window(0, float("inf"), 0)])
    assert sums.weights.shape == (3, 4), "one column for each of the four patterns"
    assert sums.known[:4].tolist() == [23, 20, 0, 30]
    for place, name in enumerate(rows.measures):
        with np.errstate(invalid="ignore"):
            expected = [np.nansum(part) / np.isfinite(part).sum() for part in np.split(values[:, place], 3)]
        np.testing.assert_allclose(sums.curve(name), expected, rtol=1e-6)
    lengths = [seconds for *_, seconds in sums.by_measure()]
    assert lengths[:4] == pytest.approx([2.3, 2.0, 0.0, 3.0])


def test_a_named_track_counts_as_the_person_it_was_merged_into() -> None:
    edits = Edits(names={3: "Ada"}, merged={3: 2, 2: 1})
    assert tracks_named("ada", edits) == [1]
    assert tracks_named("Ada", Edits(names={3: "Ada"})) == [3]
    assert tracks_named("Ben", edits) == []


def gap() -> Analysis:
    """Ten seconds: track 1 until 3 s with happiness, nobody, and from 6 s on track 2 with anger."""
    analysis = make_analysis([["happiness", "anger"]] * 100)
    track, time_s = analysis.timeline["track_id"], analysis.timeline["time_s"]
    kept = ((track == 1) & (time_s < 3 - 1e-9)) | ((track == 2) & (time_s > 6 - 1e-9))
    timeline = analysis.timeline[kept].reset_index(drop=True)
    faces = analysis.frames["frame_index"].isin(timeline["frame_index"]).astype("int16")
    return replace(analysis, timeline=timeline, frames=analysis.frames.assign(faces=faces))


def sums_of(folder: Path, analysis: Analysis, edits: Edits, **cell: float) -> CellSums:
    study = Study("S", (Participant("A"),), (FILM,), (Cell("A", "film", "a", **cell),))
    return compute(study, opener(folder, {"a": (analysis, edits)})).sums["A", "film"]


NAMED = {1: "A", 2: "Experimenter"}


@pytest.mark.parametrize(
    ("edits", "part"),
    [
        (Edits(names=NAMED), {"start_s": 6.0, "end_s": 10.0}),
        (Edits(names=NAMED, hidden=frozenset({1})), {}),
        (Edits(names={1: "a", 2: "A"}, hidden=frozenset({1, 2})), {}),
        (Edits(names={2: "Experimenter"}), {"track": 1, "start_s": 6.0}),
        (Edits(merged={3: 1}), {"track": 3, "start_s": 6.0}),
    ],
)
def test_nobody_else_counts_as_a_participant_who_is_known(tmp_path: Path, edits: Edits, part: dict) -> None:
    sums = sums_of(tmp_path, gap(), edits, **part)
    assert (sums.frames.sum(), sums.seen, np.isnan(sums.means()).all()) == (0, 0.0, True)
    assert sums.window_s > 0


def test_a_participant_without_a_name_is_still_the_person_seen_longest(tmp_path: Path) -> None:
    sums = sums_of(tmp_path, gap(), Edits(names={2: "Anna"}))
    assert (sums.track, sums.frames.sum()) == (2, 40)


@pytest.mark.parametrize(
    ("other", "names", "cell", "expected"),
    [
        (Participant("B"), {2: "B"}, Cell("B", "film", "a"), (1, 30)),
        (Participant("B"), {}, Cell("B", "film", "a", track=2), (1, 30)),
        (Participant("B"), {1: "b", 2: "B"}, Cell("B", "film", "a"), (None, 0)),
        (Participant("B", consent=Consent.WITHDRAWN), {2: "B"}, None, (1, 30)),
        (Participant("B"), {2: "B"}, None, (2, 40)),
    ],
)
def test_another_participant_is_not_the_person_seen_longest(
    tmp_path: Path, other: Participant, names: dict[int, str], cell: Cell | None, expected: tuple[int | None, int]
) -> None:
    """Track 2 is seen longest. A name of somebody who counts and has no cell of this video is only a name."""
    cells = (Cell("A", "film", "a"), *([] if cell is None else [cell]))
    study = Study("S", (Participant("A"), other), (FILM,), cells)
    sums = compute(study, opener(tmp_path, {"a": (gap(), Edits(names=names))})).sums["A", "film"]
    assert (sums.track, sums.frames.sum()) == expected


def test_a_cell_is_computed_again_if_another_one_of_its_video_names_its_track(tmp_path: Path) -> None:
    known: dict = {}
    people, opened = (Participant("A"), Participant("B")), opener(tmp_path, {"a": (gap(), Edits())})
    before, after = (
        compute(Study("S", people, (FILM,), cells), opened, known=known, fingerprint=lambda cell: cell.analysis)
        for cells in ((Cell("A", "film", "a"),), (Cell("A", "film", "a"), Cell("B", "film", "a", track=2)))
    )
    assert [each.sums["A", "film"].track for each in (before, after)] == [2, 1]


@pytest.mark.parametrize(("track", "merged"), [(2, {2: 1}), (1, {1: 2}), (3, {3: 2, 2: 1})])
def test_the_track_of_a_cell_follows_merges(tmp_path: Path, track: int, merged: dict[int, int]) -> None:
    sums = sums_of(tmp_path, gap(), Edits(merged=merged), track=track)
    assert (sums.frames.sum(), sums.seconds.sum(), sums.seen) == pytest.approx((70, 7.0, 0.7))


@pytest.mark.parametrize("edits", [Edits(names={1: "A", 2: "a"}), Edits(names={2: "A", 1: "A"}, merged={3: 2})])
def test_tracks_with_one_name_are_one_person(tmp_path: Path, edits: Edits) -> None:
    sums = sums_of(tmp_path, gap(), edits)
    assert (sums.frames.sum(), sums.seconds.sum(), sums.seen, sums.people) == pytest.approx((70, 7.0, 0.7, 1))
    means = dict(zip(sums.measures, sums.means(), strict=True))
    merged = sums_of(tmp_path, gap(), Edits(names={1: "A"}, merged={2: 1}))
    np.testing.assert_array_equal(sums.means(), merged.means())
    assert means["happiness"] == pytest.approx(
        mean_probabilities(apply_edits(gap(), Edits(merged={2: 1})))["happiness"]
    )


def test_a_hidden_track_with_the_name_hides_no_other_one(tmp_path: Path) -> None:
    edits = Edits(names={1: "A", 2: "A"}, hidden=frozenset({1}))
    sums = sums_of(tmp_path, gap(), edits)
    assert (sums.track, sums.frames.sum()) == (2, 40)


def test_in_frames_with_two_tracks_of_a_name_the_more_confident_face_counts(tmp_path: Path) -> None:
    analysis = make_analysis([["happiness", "anger"]] * 10)
    sure = (analysis.timeline["track_id"] == 2) == (analysis.timeline["frame_index"] < 3)
    confidence = pd.Series(np.where(sure, 0.9, 0.6), dtype="float32")
    analysis = replace(analysis, timeline=analysis.timeline.assign(face_confidence=confidence))
    sums = sums_of(tmp_path, analysis, Edits(names={1: "A", 2: "A"}))
    rows = analysis.timeline[sure]
    assert (sums.frames.sum(), len(rows)) == (10, 10)
    for name in ("happiness", "anger"):
        assert sums.means()[sums.measures.index(name)] == pytest.approx(rows[f"p_{name}"].mean())


def test_tracks_of_a_name_are_found_as_merged() -> None:
    edits = Edits(names={5: "Ada", 3: "ADA", 4: "Ben", 2: "Ada"}, merged={3: 1}, hidden=frozenset({5}))
    assert tracks_named("ada", edits) == [1, 2]
    assert tracks_named("Ada", Edits(names={5: "Ada"}, hidden=frozenset({5}))) == [5]
    assert tracks_named("Cid", edits) == []


def test_frames_count_for_the_time_for_which_they_last_in_a_part() -> None:
    """Of frames 0.1 s apart, those at 0.2 and 0.5 s count for half of their time."""
    analysis = make_analysis([["happiness"]] * 10)
    sums = sum_cell(rows_of(analysis), [Window(0.25, 0.55, 0.25)])
    assert sums.seconds.sum() == pytest.approx(0.3)
    assert sums.frames.sum() == 4
    assert (sums.window_s, sums.seen) == pytest.approx((0.3, 1.0))


def test_a_study_counts_no_more_time_than_a_coarsely_analysed_video_has(tmp_path: Path) -> None:
    """Frames at 0 and 2 s of a video of 2.6 s: the last one lasts 0.6 s, with edits or without."""
    made = make_analysis([["fear"], ["happiness"]], step_s=2.0)
    coarse = replace(made, info=replace(made.info, duration_s=2.6))
    path = save_parquet(coarse, tmp_path / "coarse.parquet")
    break_ = Event("break", Span(1.5, 2), excluded=True)
    for rows in (rows_of(coarse), read_rows(path, Edits())):
        assert sum_cell(rows, [Window(0, math.inf, 0)]).seconds.sum() == pytest.approx(2.6)
    assert read_rows(path, Edits(events=(break_,))).seconds.sum() == pytest.approx(2.1)
