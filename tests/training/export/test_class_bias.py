"""Class biases: their gain on new faces, and cases without a gain."""

from __future__ import annotations

import numpy as np
import pytest

from training.export.class_bias import FEW, LARGEST_OF_FEW, class_biases, fold_biases

COUNTS = (400, 200, 100, 40)
HANDICAP = np.array([0.0, 0.5, 1.0, 1.5])
"""Amount by which a network trained on few faces of a class lowers its logit."""


def faces(seed: int, counts=COUNTS, handicap=HANDICAP, sharpness: float = 2.0):
    rng = np.random.default_rng(seed)
    truth = np.repeat(np.arange(len(counts)), counts).astype(np.int8)
    logits = rng.normal(size=(len(truth), len(counts))) - handicap
    logits[np.arange(len(truth)), truth] += sharpness
    return logits.astype(np.float32), truth


def score(logits, truth) -> float:
    right = logits.argmax(axis=1) == truth
    return (right.mean() + np.mean([right[truth == label].mean() for label in np.unique(truth)])) / 2


def test_biases_raise_recall_of_missed_classes_on_new_faces():
    sets = [faces(0), faces(1)]
    biases = class_biases(*zip(*sets, strict=True))
    assert biases.dtype == np.float32
    assert biases[0] == 0, "the most frequent class is what the others are measured from"
    assert (biases[2:] > 0).all()
    logits, truth = faces(2, tuple(10 * count for count in COUNTS))
    assert score(logits + biases, truth) > score(logits, truth) + 0.02


def test_a_calibrated_network_gets_almost_no_bias():
    sets = [faces(seed, (300, 300, 300, 300), np.zeros(4)) for seed in (3, 4)]
    biases = class_biases(*zip(*sets, strict=True))
    logits, truth = faces(5, (4000, 4000, 4000, 4000), np.zeros(4))
    assert score(logits + biases, truth) > score(logits, truth) - 0.003


def test_uninformative_logits_get_no_bias():
    rng = np.random.default_rng(6)
    truth = np.repeat(np.arange(4), 50).astype(np.int8)
    # Always right: no bias can help.
    assert not class_biases([np.eye(4, dtype=np.float32)[truth]], [truth]).any()
    # Answers of one class only: a gain by chance on some faces does not hold on the others.
    noise = rng.normal(0, 1e-3, (len(truth), 4)).astype(np.float32)
    assert np.abs(class_biases([noise], [truth])).max() <= 1


def test_a_class_of_few_faces_stays_within_its_bound():
    few, handicap = FEW // 2 - 1, np.array([0.0, 0.5, 1.0, 2.0])
    sets = [faces(seed, (400, 200, 100, few), handicap) for seed in (7, 8)]
    assert 0 < class_biases(*zip(*sets, strict=True))[3] <= LARGEST_OF_FEW + 1e-6
    more = [faces(seed, (400, 200, 100, 4 * FEW), handicap) for seed in (7, 8)]
    assert class_biases(*zip(*more, strict=True))[3] > LARGEST_OF_FEW + 0.1


def test_unlabelled_faces_and_empty_classes_are_ignored():
    logits, truth = faces(9, (400, 200, 100, 0))
    expected = class_biases([logits], [truth])
    assert expected[3] == 0
    unknown = np.full(50, -1, np.int8)
    strangers = np.random.default_rng(10).normal(size=(50, 4)).astype(np.float32)
    joined = [np.concatenate([logits, strangers])], [np.concatenate([truth, unknown])]
    np.testing.assert_array_equal(class_biases(*joined), expected)
    np.testing.assert_array_equal(class_biases([logits, strangers], [truth, unknown]), expected)
    assert not class_biases([strangers], [unknown]).any()


def test_every_set_has_the_same_weight():
    # The large set needs class 1 more often, the small one less often; size alone must not decide.
    large = faces(11, (2000, 2000), np.array([0.0, 1.0]))
    small = faces(12, (100, 100), np.array([0.0, -1.0]))
    assert class_biases([large[0]], [large[1]])[1] > 0.5
    assert abs(class_biases([large[0], small[0]], [large[1], small[1]])[1]) <= 0.5


@pytest.mark.parametrize("truths", [[], [np.zeros(3, np.int8)]])
def test_unequal_lengths_are_refused(truths):
    logits = [np.zeros((4, 2), np.float32)] * len(truths)
    with pytest.raises(ValueError, match="a truth for each row of logits"):
        class_biases(logits, truths)


def test_biases_are_folded_into_the_last_layer():
    keras = pytest.importorskip("keras", reason="training needs Keras")
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    values = np.ones((1, 3), np.float32)
    before = model.predict_on_batch(values)
    fold_biases(model, np.array([0.5, -1.0], np.float32))
    np.testing.assert_allclose(model.predict_on_batch(values), before + np.array([0.5, -1.0]), rtol=1e-5)


def test_common_classes_keep_their_answers():
    """Biases help only classes that are answered too rarely; a smile must not become a rare class for mean recall."""
    logits, truth = faces(13, (1500, 1400, 200, 200, 200, 200), np.array([0.0, 1.0, 2.0, 0.0, 0.0, 0.0]))
    biases = class_biases([logits], [truth])
    assert (biases[0], biases[1]) == (0, 0)
    assert biases[2] > 0


def test_neutral_alone_may_fall_although_it_is_common():
    """The network calls faces of the last four classes neutral (the first) too often; the second is common too."""
    handicap = np.array([0.0, 0.6, 1.2, 1.2, 1.2, 1.2])
    logits, truth = faces(14, (1500, 1400, 200, 200, 200, 200), handicap)
    biases = class_biases([logits], [truth], neutral=0)
    assert biases[0] < 0
    assert biases[1] == 0
    assert score(logits + biases, truth) >= score(logits + class_biases([logits], [truth]), truth)
    named_too_rarely = logits - np.array([2, 0, 0, 0, 0, 0], np.float32)
    assert class_biases([named_too_rarely], [truth], neutral=0)[0] <= 0
