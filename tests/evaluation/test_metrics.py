"""Metrics against results by hand."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from emotion.evaluation.calibration import expected_calibration_error, fit_temperature, reliability_bins
from emotion.evaluation.metrics import bootstrap_interval, class_report, restrict
from emotion.evaluation.selective import abstention, abstention_threshold, accuracy_threshold, coverage_curve

LABELS = ("neutral", "happiness", "surprise")


def softmax(logits):
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    return exponentials / exponentials.sum(axis=1, keepdims=True)


def test_class_report_by_hand():
    truth = np.array([0, 0, 0, 1])
    answers = np.array([0, 0, 1, 1])
    report = class_report(truth, answers, LABELS)
    assert report["accuracy"] == 0.75
    # "surprise" does not occur, so it has no recall to average, but its F1 counts as 0.
    assert report["balanced_accuracy"] == pytest.approx((2 / 3 + 1) / 2)
    assert report["macro_f1"] == pytest.approx((0.8 + 2 / 3 + 0) / 3)
    assert report["confusion_matrix"] == [[2, 1, 0], [0, 1, 0], [0, 0, 0]]
    assert report["per_class"]["happiness"] == pytest.approx(
        {"precision": 0.5, "recall": 1.0, "f1": 2 / 3, "support": 1}
    )


def test_bootstrap_interval_is_near_the_normal_one_and_repeats():
    right = np.arange(2500) % 5 != 0
    low, high = bootstrap_interval(right)
    half_width = 1.96 * np.sqrt(0.8 * 0.2 / 2500)
    assert low == pytest.approx(0.8 - half_width, abs=0.002)
    assert high == pytest.approx(0.8 + half_width, abs=0.002)
    assert bootstrap_interval(right) == (low, high)
    assert bootstrap_interval(np.ones(10)) == (1.0, 1.0)


def test_calibration_error_by_hand():
    probabilities = np.array([[0.9, 0.1], [0.9, 0.1], [0.6, 0.4], [0.6, 0.4]], np.float32)
    truth = np.array([0, 1, 0, 0])
    # Two answers at 0.9 of which one is right, two at 0.6 of which both are: (0.4 + 0.4) / 2.
    assert expected_calibration_error(probabilities, truth) == pytest.approx(0.4)


def test_bins_count_every_answer_once_with_the_edges_included():
    probabilities = np.array([[1.0, 0.0], [0.5, 0.5], [0.75, 0.25]], np.float32)
    table = reliability_bins(probabilities, np.array([0, 0, 1]), bins=5)
    assert [row["count"] for row in table] == [0, 0, 1, 1, 1]
    assert table[0]["accuracy"] is None
    assert table[4]["accuracy"] == 1.0
    assert table[3]["confidence"] == pytest.approx(0.75)


@pytest.mark.slow
@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.5])
def test_temperature_is_recovered(temperature):
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(40_000, 4)) * 2
    truth = np.array([rng.choice(4, p=row) for row in softmax(logits)])
    fitted = fit_temperature((logits * temperature).astype(np.float32), truth)
    assert fitted == pytest.approx(temperature, rel=0.03)


def test_temperature_lowers_the_calibration_error_of_an_overconfident_network():
    rng = np.random.default_rng(1)
    logits = rng.normal(size=(5000, 4))
    truth = np.array([rng.choice(4, p=row) for row in softmax(logits)])
    boasting = logits * 4
    fitted = fit_temperature(boasting, truth)
    assert expected_calibration_error(softmax(boasting / fitted), truth) < 0.03
    assert expected_calibration_error(softmax(boasting), truth) > 0.2


def test_restrict_drops_reorders_and_renormalises():
    kept = restrict(np.array([[0.2, 0.5, 0.3], [0.0, 1.0, 0.0]], np.float32), LABELS, ("surprise", "neutral"))
    np.testing.assert_allclose(kept, [[0.6, 0.4], [0.5, 0.5]], rtol=1e-6)


@pytest.mark.parametrize(("truth", "answers"), [([], []), ([0], [0, 1])])
def test_answers_of_wrong_number_are_refused(truth, answers):
    with pytest.raises(ValueError, match="as many answers as truths"):
        class_report(np.array(truth, int), np.array(answers, int), LABELS)


@pytest.mark.parametrize(
    ("right", "threshold"),
    [
        ([0, 0, 0, 1, 1, 1], 0.5),
        ([1, 1, 1, 1, 1, 1], 0.0),
        ([0, 0, 0, 0, 0, 0], 1.0),
        # The first three are fitted together: one of three is right.
        ([1, 0, 0, 1, 1, 1], 0.5),
        # Two and three are fitted together: one of two is right, which is not below one half.
        ([0, 1, 0, 1, 1, 1], 0.3),
        ([1, 0, 1, 1, 1, 1], 0.0),
    ],
)
def test_the_threshold_is_where_accuracy_is_one_half(right, threshold):
    confidence = np.array([0.2, 0.3, 0.4, 0.5, 0.6, 0.7], np.float32)
    order = np.random.default_rng(0).permutation(6)
    found = abstention_threshold(confidence[order], np.array(right, bool)[order])
    assert found == pytest.approx(threshold, abs=1e-6)


def test_a_known_threshold_is_recovered():
    rng = np.random.default_rng(0)
    confidence = rng.uniform(0.2, 1.0, 20_000).astype(np.float32)
    right = rng.random(20_000) < confidence  # calibrated, so that accuracy is one half at a probability of one half
    assert abstention_threshold(confidence, right) == pytest.approx(0.5, abs=0.03)
    assert abstention_threshold(confidence, rng.random(20_000) < confidence - 0.2) == pytest.approx(0.7, abs=0.03)


def test_the_threshold_is_the_lowest_with_the_required_accuracy_on_every_set():
    first = np.array([0.9, 0.8, 0.7, 0.6], np.float32), np.array([True, True, True, False])
    second = np.array([0.85, 0.75, 0.65, 0.55], np.float32), np.array([True, True, False, True])
    assert accuracy_threshold([first[0]], [first[1]], 0.75) == 0.0
    assert accuracy_threshold([first[0]], [first[1]], 0.9) == pytest.approx(0.6, abs=1.1e-4)
    # 0.6001 is enough for the first set; the second one needs all answers below 0.75 left out.
    sets = [first[0], second[0]], [first[1], second[1]]
    assert accuracy_threshold(*sets, 0.9) == pytest.approx(0.65, abs=1.1e-4)
    assert accuracy_threshold(*sets, 0.9, lowest=0.7) == 0.7
    assert accuracy_threshold([first[0]], [~first[1]], 0.9) == 1.0, "its most confident answers are wrong"


def test_weights_replace_repeated_faces():
    rng = np.random.default_rng(3)
    logits = rng.normal(size=(4000, 4)) * 2
    truth = np.array([rng.choice(4, p=row) for row in softmax(logits)])
    logits[:3000] *= 3  # overconfident: the logits of three quarters are three times too large
    equal = fit_temperature(logits, truth)
    none = fit_temperature(logits, truth, np.repeat([0.0, 1.0], [3000, 1000]))
    assert none == pytest.approx(1.0, rel=0.1)
    assert none < fit_temperature(logits, truth, np.repeat([1 / 3, 1.0], [3000, 1000])) < equal


def test_weighted_and_repeated_answers_give_the_same_threshold():
    confidence, right = np.array([0.3, 0.4, 0.5, 0.6], np.float32), np.array([True, False, True, True])
    weights = np.array([1, 4, 2, 1])
    rows = np.repeat(np.arange(4), weights)
    expected = abstention_threshold(confidence[rows], right[rows])
    assert abstention_threshold(confidence, right, weights) == expected == pytest.approx(0.5)
    assert abstention_threshold(confidence, right) < expected


def test_coverage_curve_by_hand():
    confidence, right = np.array([0.6, 0.9, 0.7, 0.8], np.float32), np.array([False, True, False, True])
    curve = coverage_curve(confidence, right, points=4)
    assert curve == [(1.0, 0.5), (0.75, pytest.approx(2 / 3)), (0.5, 1.0), (0.25, 1.0)]


def test_equally_confident_answers_share_a_coverage_step():
    confidence, right = np.array([0.9, 0.5, 0.5, 0.5], np.float32), np.array([True, True, False, False])
    assert coverage_curve(confidence, right, points=4) == [(1.0, 0.5), (0.25, 1.0)]


def test_the_coverage_curve_falls_from_one_in_at_most_fifty_steps():
    rng = np.random.default_rng(0)
    curve = coverage_curve(rng.random(3000, np.float32), rng.random(3000) < 0.7)
    coverages = [coverage for coverage, _ in curve]
    assert (coverages[0], len(curve)) == (1.0, 50)
    assert all(before > after > 0 for before, after in pairwise(coverages))


def test_abstention_by_hand():
    confidence, right = np.array([0.9, 0.8, 0.7, 0.6], np.float32), np.array([True, True, False, False])
    half = abstention(confidence, right, 0.7)
    assert half == {"abstain_below": 0.7, "coverage": 0.75, "accuracy": pytest.approx(2 / 3)}
    assert abstention(confidence, right, 0.0) == {"abstain_below": 0.0, "coverage": 1.0, "accuracy": 0.5}
    assert abstention(confidence, right, 0.95) == {"abstain_below": 0.95, "coverage": 0.0, "accuracy": None}
