"""The labels by which a classifier is scored, and its record."""

from __future__ import annotations

import numpy as np
import pytest

from emotion.evaluation.scoring import nearest_set, recode, score
from emotion.labels import FER2013, FERPLUS, LabelSet

SETS = (FERPLUS, FER2013)
TWO = LabelSet("two", ("anger", "fear"))


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (FERPLUS.labels, FERPLUS),
        (FER2013.labels, FER2013),
        (("anger", "neutral", "sadness"), FER2013),
        (("contempt", "anger"), FERPLUS),
    ],
)
def test_a_classifier_is_scored_on_the_smallest_set_with_its_labels(labels, expected):
    assert nearest_set(labels, SETS) is expected


def test_a_set_lacking_a_label_is_used_if_there_is_no_other():
    assert nearest_set(FERPLUS.labels, (FER2013,)) is FER2013


def test_unknown_labels_are_recoded_as_none():
    truth = np.array([0, 2, -1, 6], np.int8)  # anger, fear, none, neutral
    assert recode(truth, FER2013, ("neutral", "fear")).tolist() == [-1, 1, -1, 0]


def test_a_record_has_the_effect_of_abstention():
    shares = np.array([[0.9, 0.1], [0.8, 0.2], [0.6, 0.4], [0.45, 0.55]])
    record = score(np.log(shares).astype(np.float32), TWO.labels, np.array([0, 0, 1, 1], np.int8), TWO, 1.0, 0.58)
    assert record is not None
    assert record["accuracy"] == 0.75
    assert record["coverage_curve"][0] == [1.0, 0.75]
    assert record["coverage_curve"][-1] == [0.25, 1.0]
    assert record["abstention"] == {"abstain_below": 0.58, "coverage": 0.75, "accuracy": pytest.approx(2 / 3)}
