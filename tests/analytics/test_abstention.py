"""Answers below the abstention threshold are unclear."""

from __future__ import annotations

import json
import pickle
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emotion.analytics.abstention import answer_names, answers, explain, face_answer, leading_answer, unclear_rows
from emotion.analytics.summary import summarise
from emotion.analytics.timeline import result_at, validate, with_leading_emotion
from emotion.labels import FERPLUS_LABELS, UNCLEAR
from emotion.model_card import FULL_SIZE_PX
from emotion.types import AbstentionLimit, Analysis
from tests.conftest import leaning, make_analysis

FACE = {"neutral": 0.5, "fear": 0.3, "anger": 0.2}


@pytest.mark.parametrize(("limit", "answer"), [(0.0, "neutral"), (0.5, "neutral"), (0.51, UNCLEAR), (1.0, UNCLEAR)])
def test_an_answer_at_the_threshold_is_clear(limit, answer):
    assert leading_answer(FACE, limit) == answer


def test_without_a_threshold_all_answers_are_labels(analysis):
    assert answers(analysis.timeline, 0.0).tolist() == analysis.timeline["emotion"].tolist()
    assert answer_names(FERPLUS_LABELS, 0.0) == FERPLUS_LABELS


def test_each_row_is_compared_separately(analysis):
    timeline = analysis.timeline.assign(emotion_confidence=np.linspace(0.1, 0.9, 12, dtype=np.float32))
    found = answers(timeline, 0.5).tolist()
    assert found == [UNCLEAR] * 6 + timeline["emotion"].tolist()[6:]
    assert timeline["emotion"].isin(FERPLUS_LABELS).all()


def test_the_timeline_is_not_changed(analysis):
    before = analysis.timeline.copy()
    answers(analysis.timeline, 0.99)
    pd.testing.assert_frame_equal(validate(analysis.timeline), before)


@pytest.mark.slow
@settings(deadline=None)  # a busy machine is slow
@given(st.floats(0, 1, width=32), st.floats(0, 1))
def test_a_table_and_a_single_face_agree(probability, limit):
    timeline = make_analysis([["happiness"]]).timeline
    values = np.zeros((1, len(FERPLUS_LABELS)), np.float32)
    values[0, :2] = probability, 1 - probability
    columns = [f"p_{label}" for label in FERPLUS_LABELS]
    timeline = with_leading_emotion(timeline.assign(**dict(zip(columns, values.T, strict=True))))
    face = dict(zip(FERPLUS_LABELS, map(float, values[0]), strict=True))
    assert answers(timeline, limit).tolist() == [leading_answer(face, limit)]


def test_no_faces_give_no_answers():
    empty = make_analysis([[]]).timeline
    assert answers(empty, 0.5).tolist() == []
    assert unclear_rows(empty, 0.5).shape == (0,)


def test_the_explanation_states_the_threshold():
    assert "reaches 43%" in explain(0.43)


def weigh(analysis: Analysis, confidences: list[float], limit: float) -> Analysis:
    """Return the analysis with an abstention threshold and `confidences[i]` as row i's leading probability."""
    values = analysis.timeline.copy()
    columns = [f"p_{label}" for label in FERPLUS_LABELS]
    for row, weight in enumerate(confidences):
        values.loc[row, columns] = leaning(str(values.loc[row, "emotion"]), weight)
    return replace(analysis, timeline=validate(with_leading_emotion(values)), settings={"abstain_below": limit})


def test_unclear_time_has_a_share_and_counts_in_no_other_figure():
    shown = [["happiness"], ["fear"], ["fear"], ["happiness"], ["sadness"], ["fear"]]
    summary = summarise(weigh(make_analysis(shown, 1.0), [0.9, 0.3, 0.3, 0.9, 0.8, 0.3], 0.5))
    assert summary["shares"] == pytest.approx(
        dict.fromkeys(FERPLUS_LABELS, 0.0) | {"happiness": 2 / 6, "sadness": 1 / 6, UNCLEAR: 3 / 6}
    )
    assert summary["dominant"] == "happiness"  # fear led for as long, but was never clear
    assert summary["smile_index"] == pytest.approx(2 / 3)
    assert summary["changes_per_minute"] == pytest.approx(1 * 60 / 3)  # happiness to sadness in 3 s of clear answers
    assert (summary["abstain_below"], summary["frames_with_face"]) == (0.5, 6)
    (track,) = summary["tracks"]
    assert (track["shares"], track["frames"], track["seconds"]) == (summary["shares"], 6, pytest.approx(6))


def test_the_smile_index_uses_clear_faces():
    analysis = make_analysis([["happiness", "fear", "fear"]])
    rows = [0.8, 0.5, 0.5]  # all three together: fear, by a little
    assert summarise(weigh(analysis, rows, 0.0))["smile_index"] == 0
    assert summarise(weigh(analysis, rows, 0.6))["smile_index"] == 1


def test_without_clear_answers_the_dominant_one_is_unclear():
    summary = summarise(weigh(make_analysis([["fear"]] * 3), [0.4] * 3, 0.5))
    assert (summary["dominant"], summary["smile_index"], summary["changes_per_minute"]) == (UNCLEAR, None, None)
    assert summary["shares"][UNCLEAR] == 1
    nobody = replace(make_analysis([[]]), settings={"abstain_below": 0.5})
    assert summarise(nobody)["dominant"] is None


@pytest.mark.slow
@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from(FERPLUS_LABELS), st.floats(0.2, 1)), min_size=1, max_size=8), st.floats(0, 1))
def test_shares_sum_to_one_at_any_threshold(rows, limit):
    shown = make_analysis([[label] for label, _ in rows])
    summary = summarise(weigh(shown, [weight for _, weight in rows], limit))
    assert sum(summary["shares"].values()) == pytest.approx(1)
    assert json.loads(json.dumps(summary, allow_nan=False)) == summary
    if limit <= 0.2:
        without = summarise(weigh(shown, [weight for _, weight in rows], 0.0))
        assert summary["shares"].pop(UNCLEAR, 0.0) == 0
        assert UNCLEAR not in without["shares"]
        same = ["shares", "dominant", "smile_index", "changes_per_minute"]
        assert [summary[name] for name in same] == [without[name] for name in same]


SLOPES = {"yaw": 0.05, "pitch": 0.08, "size": 0.4, "doubt": 1.0}
LIMIT = AbstentionLimit(0.4, SLOPES)


def required(
    yaw: float = 0, pitch: float = 0, size: float = 200, confidence: float = 1, limit: AbstentionLimit = LIMIT
):
    values = (np.array([value], np.float32) for value in (yaw, pitch, size, confidence))
    return float(limit.required(*values)[0])


def test_a_large_frontal_face_needs_only_the_base_threshold():
    assert required() == pytest.approx(0.4)
    assert float(LIMIT) == 0.4


def test_thresholds_of_turned_small_and_doubtful_faces_by_hand():
    logit = np.log(0.4 / 0.6)
    for face, more in (
        ({"yaw": -30}, 30 * 0.05),
        ({"pitch": -20}, 20 * 0.08),
        ({"size": FULL_SIZE_PX / 4}, 2 * 0.4),
        ({"confidence": 0.75}, 0.25),
    ):
        assert required(**face) == pytest.approx(1 / (1 + np.exp(-logit - more)), abs=1e-6)


def test_unknown_values_do_not_raise_the_threshold():
    assert required(yaw=float("nan"), pitch=float("nan")) == pytest.approx(0.4)


def test_without_slopes_all_faces_have_the_same_threshold():
    assert required(yaw=60, size=8, limit=AbstentionLimit(0.4)) == 0.4
    assert required(yaw=60, size=8, limit=AbstentionLimit(0.0, SLOPES)) == 0


@settings(deadline=None)
@given(st.floats(0, 90), st.floats(0, 90), st.floats(4, 500), st.floats(0, 1))
def test_harder_faces_never_have_a_lower_threshold(yaw, pitch, size, confidence):
    easier = required(yaw / 2, pitch / 2, size * 2, (1 + confidence) / 2)
    assert 0.4 <= easier <= required(yaw, pitch, size, confidence) <= 1


def test_a_table_and_its_faces_agree_on_turned_heads():
    analysis = make_analysis([["happiness"], ["sadness"], ["fear"]])
    timeline = analysis.timeline.assign(yaw=np.float32([0, 40, 0]), pitch=np.float32([0, 0, -45]))
    turned = replace(analysis, timeline=timeline, settings={"abstain_below": 0.5, "abstain_slopes": SLOPES})
    found = answers(turned.timeline, turned.abstain_below).tolist()
    results = [result_at(turned, index) for index in turned.frames["frame_index"]]
    assert found == [face_answer(result.faces[0], result) for result in results]
    assert found[1:] == [UNCLEAR, UNCLEAR]
    assert turned.timeline["emotion"].tolist() == ["happiness", "sadness", "fear"], "the table is unchanged"


def test_an_analysis_without_slopes_uses_one_threshold(analysis):
    old = replace(analysis, settings={"abstain_below": 0.5})
    expected = analysis.timeline["emotion_confidence"].to_numpy() < 0.5
    assert unclear_rows(old.timeline, old.abstain_below).tolist() == expected.tolist()
    assert "threshold is higher" not in explain(old.abstain_below)
    assert "threshold is higher" in explain(LIMIT)


def test_a_threshold_with_slopes_can_be_pickled():
    copy = pickle.loads(pickle.dumps(LIMIT))
    assert (float(copy), copy.slopes) == (0.4, SLOPES)
