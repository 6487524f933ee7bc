from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emotion.analytics.smooth import smooth
from emotion.analytics.timeline import TimelineBuilder, probability_columns
from emotion.labels import ANSWER_COLOURS, FERPLUS_LABELS, UNCLEAR
from emotion.live.history import IN_VIEW_S, RATE_HZ, SPAN_S, History, Smoother
from emotion.types import FrameResult
from tests.conftest import leaning, make_face


def result(time_s: float, *faces: tuple[int, str], weight: float = 0.65) -> FrameResult:
    import dataclasses

    shown = [
        dataclasses.replace(make_face(label, track), probabilities=leaning(label, weight)) for track, label in faces
    ]
    return FrameResult(0, time_s, 160, 120, tuple(shown), FERPLUS_LABELS, 0.5)


def history() -> History:
    return History(FERPLUS_LABELS, 0.5)


def test_smoothing_matches_the_timeline_function():
    """Exponential smoothing value by value equals that of a recorded timeline."""
    times = np.cumsum(np.random.default_rng(1).uniform(0.01, 0.2, 40))
    labels = np.random.default_rng(2).choice(FERPLUS_LABELS, 40)
    builder, smoother, live = TimelineBuilder(FERPLUS_LABELS), Smoother(len(FERPLUS_LABELS)), []
    for index, (time_s, label) in enumerate(zip(times, labels, strict=True)):
        face = make_face(str(label))
        builder.add(FrameResult(index, float(time_s), 160, 120, (face,), FERPLUS_LABELS))
        live.append(smoother(face.probabilities, float(time_s), 0.3))
    table = smooth(*builder.build(), "exponential", 0.3)
    np.testing.assert_allclose(np.array(live), table[probability_columns(FERPLUS_LABELS)], atol=1e-5)


def test_no_smoothing_is_the_latest_value():
    people = history()
    for index in range(10):
        people.add(result(index / 30, (1, "happiness" if index < 9 else "anger")), 0.0)
    assert people.leading(1) == "anger"
    assert people.current(1)["anger"] == pytest.approx(0.65)


def test_smoothing_restarts_after_a_loss():
    for pause_s, alone in ((IN_VIEW_S - 0.1, False), (IN_VIEW_S + 0.1, True)):
        people = history()
        people.add(result(0.0, (1, "happiness")), 10.0)
        people.add(result(pause_s, (1, "anger")), 10.0)
        assert (people.current(1)["anger"] == pytest.approx(0.65)) is alone


def test_each_person_has_a_series():
    people = history()
    for index in range(60):
        people.add(result(index / 30, (1, "happiness"), (4, "sadness")), 0.3)
    first, second = people.people(59 / 30)
    assert [(p.track_id, p.leading, p.in_view) for p in (first, second)] == [
        (1, "happiness", True),
        (4, "sadness", True),
    ]
    assert first.colour == ANSWER_COLOURS["happiness"]
    column = FERPLUS_LABELS.index("sadness")
    assert first.series.values[:, column].max() < 0.1
    assert second.series.values[:, column].min() > 0.6


def test_an_answer_below_the_threshold_is_unclear():
    people = history()
    people.add(result(0.0, (1, "fear"), weight=0.4), 0.3)
    person = people.people(0.0)[0]
    assert (person.leading, person.colour) == (UNCLEAR, ANSWER_COLOURS[UNCLEAR])


def test_a_series_is_half_a_minute_at_ten_values_a_second():
    people = history()
    for index in range(45 * 30):
        people.add(result(index / 30, (1, "happiness")), 0.3)
    now_s = (45 * 30 - 1) / 30
    series = people.people(now_s)[0].series
    assert len(series.time_s) == pytest.approx(SPAN_S * RATE_HZ, abs=1)
    assert series.time_s[0] >= -SPAN_S
    assert series.time_s[-1] == 0
    assert np.all(np.diff(series.time_s) > 0)
    assert series.values.shape == (len(series.time_s), len(FERPLUS_LABELS))


def test_people_out_of_view_stay_in_the_chart_for_half_a_minute():
    people = history()
    people.add(result(0.0, (1, "happiness")), 0.3)
    people.add(result(10.0, (2, "anger")), 0.3)
    assert [(p.track_id, p.in_view) for p in people.people(10.0)] == [(1, False), (2, True)]
    people.add(result(20.0, (1, "sadness")), 0.3)
    back = people.people(20.0)[0]
    assert back.series.time_s.tolist() == [-20, 0]
    assert back.leading == "sadness", "values before the gap do not affect those after it"
    people.add(result(20.0 + SPAN_S + 0.1), 0.3)
    assert people.people(20.0 + SPAN_S + 0.1) == ()


def test_relative_values_are_differences_from_the_baseline():
    people = history()
    people.add(result(0.0, (1, "happiness")), 0.0)
    rest = dict.fromkeys(FERPLUS_LABELS, 1 / 8)
    person = people.people(0.0, {1: rest})[0]
    assert person.baseline == rest
    assert person.relative["happiness"] == pytest.approx(0.65 - 1 / 8)
    assert sum(person.relative.values()) == pytest.approx(0, abs=1e-6)


@given(
    st.lists(st.tuples(st.floats(0.001, 3), st.sampled_from(FERPLUS_LABELS)), min_size=1, max_size=60), st.floats(0, 5)
)
def test_probabilities_stay_probabilities(steps, half_life_s):
    people, now_s = history(), 0.0
    for step_s, label in steps:
        now_s += step_s
        people.add(result(now_s, (1, label)), half_life_s)
    person = people.people(now_s)[0]
    assert sum(person.probabilities.values()) == pytest.approx(1, abs=1e-4)
    assert min(person.probabilities.values()) >= 0
    assert person.in_view == (IN_VIEW_S >= 0)
    assert np.allclose(person.series.values.sum(axis=1), 1, atol=1e-4)
