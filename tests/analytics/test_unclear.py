"""Where no expression is probable enough, the answer is that it is unclear."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emotion.analytics.timeline import validate, with_leading_emotion
from emotion.analytics.unclear import answer_names, answer_of, answers, explain, unclear_rows
from emotion.labels import FERPLUS_LABELS, UNCLEAR
from tests.conftest import make_analysis

FACE = {"neutral": 0.5, "fear": 0.3, "anger": 0.2}


@pytest.mark.parametrize(("limit", "answer"), [(0.0, "neutral"), (0.5, "neutral"), (0.51, UNCLEAR), (1.0, UNCLEAR)])
def test_the_limit_itself_is_clear(limit, answer):
    assert answer_of(FACE, limit) == answer


def test_without_a_limit_all_answers_are_labels(analysis):
    assert answers(analysis.timeline, 0.0).tolist() == analysis.timeline["emotion"].tolist()
    assert answer_names(FERPLUS_LABELS, 0.0) == FERPLUS_LABELS


def test_each_row_is_asked_for_itself(analysis):
    timeline = analysis.timeline.assign(emotion_confidence=np.linspace(0.1, 0.9, 12, dtype=np.float32))
    said = answers(timeline, 0.5).tolist()
    assert said == [UNCLEAR] * 6 + timeline["emotion"].tolist()[6:]
    assert timeline["emotion"].isin(FERPLUS_LABELS).all()


def test_the_timeline_stays_as_it_is(analysis):
    before = analysis.timeline.copy()
    answers(analysis.timeline, 0.99)
    pd.testing.assert_frame_equal(validate(analysis.timeline), before)


@settings(deadline=None)  # a busy machine takes its time
@given(st.floats(0, 1, width=32), st.floats(0, 1))
def test_a_table_and_a_single_face_agree(probability, limit):
    timeline = make_analysis([["happiness"]]).timeline
    values = np.zeros((1, len(FERPLUS_LABELS)), np.float32)
    values[0, :2] = probability, 1 - probability
    columns = [f"p_{label}" for label in FERPLUS_LABELS]
    timeline = with_leading_emotion(timeline.assign(**dict(zip(columns, values.T, strict=True))))
    face = dict(zip(FERPLUS_LABELS, map(float, values[0]), strict=True))
    assert answers(timeline, limit).tolist() == [answer_of(face, limit)]


def test_no_faces_no_answers():
    empty = make_analysis([[]]).timeline
    assert answers(empty, 0.5).tolist() == []
    assert unclear_rows(empty, 0.5).shape == (0,)


def test_the_explanation_tells_the_limit():
    assert "reaches 43%" in explain(0.43)
