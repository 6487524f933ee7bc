from __future__ import annotations

import pytest

from emotion.analytics.baseline import baseline_means
from emotion.analytics.edits import Span
from emotion.labels import FERPLUS_LABELS
from emotion.live.baseline import NOBODY, Baselines, BaselineTaker
from emotion.live.snapshot import BaselineNow
from tests.conftest import make_analysis, make_face, make_result


def taken(shown: list[list[str]], seconds: float, step_s: float = 0.1) -> BaselineTaker:
    taker = BaselineTaker(seconds, FERPLUS_LABELS)
    for index, labels in enumerate(shown):
        faces = [make_face(label, track) for track, label in enumerate(labels, start=1)]
        taker.add(make_result(index, faces, step_s))
    return taker


def test_the_baseline_is_the_mean_of_its_span():
    shown = [["neutral", "sadness"]] * 20 + [["happiness", "sadness"]] * 11
    means, analysis = taken(shown, 3.0).means(), make_analysis(shown)
    for track in (1, 2):
        assert means[track] == pytest.approx(baseline_means(analysis, track, Span(0, 3.5)), abs=1e-6)


def test_progress_rises_from_zero_to_one():
    taker = BaselineTaker(3.0, FERPLUS_LABELS)
    assert (taker.now().share, taker.now().remaining_s, taker.is_done) == (0, 3, False)
    for index in range(16):
        taker.add(make_result(index, [make_face("neutral")]))
    assert taker.now().share == pytest.approx(0.5)
    assert taker.now().remaining_s == pytest.approx(1.5)
    for index in range(16, 31):
        taker.add(make_result(index, [make_face("neutral")]))
    assert taker.is_done
    assert taker.now().share == 1


def test_an_unseen_person_gets_no_baseline():
    assert set(taken([["neutral"]] * 31, 3.0).means()) == {1}
    assert taken([[]] * 31, 3.0).means() == {}


def test_a_baseline_without_a_face_says_so_until_the_next_one():
    baselines = Baselines(FERPLUS_LABELS)
    baselines.take(1.0)
    for index in range(12):
        baselines.add(make_result(index, []))
    assert baselines.now() == BaselineNow(1.0, 0.0, NOBODY)
    baselines.take(1.0)
    assert not baselines.now().problem
    for index in range(12, 24):
        baselines.add(make_result(index, [make_face("neutral")]))
    assert baselines.now() is None


def test_frames_of_people_who_left_are_not_passed_on():
    """A recording of the next participant has nothing of the one before."""
    baselines = Baselines(FERPLUS_LABELS)
    baselines.take(1.0)
    for index in range(12):
        baselines.add(make_result(index, [make_face("neutral"), make_face("sadness", 2)]))
    assert baselines.frames({1, 2}, eyes=True, movements=True).tracks == (1, 2)
    frames = baselines.frames({2, 3}, eyes=True, movements=True)
    assert frames.tracks == (2,)
    assert {face.track_id for result in frames.results for face in result.faces} == {2}
    assert baselines.frames({3}, eyes=True, movements=True) is None


def test_pauses_do_not_count():
    """Ten seconds without a frame add hardly any weight to the frame before them."""
    taker = BaselineTaker(3.0, FERPLUS_LABELS)
    for time in [0, 1, 2, *range(102, 140)]:
        taker.add(make_result(time, [make_face("anger" if time < 100 else "neutral")]))
        if taker.is_done:
            break
    means = taker.means()[1]
    assert means["neutral"] > 0.45
    assert means["anger"] < 0.3
