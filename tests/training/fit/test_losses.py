"""The loss of several heads: known answers, and saving in a checkpoint."""

from __future__ import annotations

from dataclasses import replace
from math import log

import numpy as np
import pytest

pytest.importorskip("tensorflow", reason="training needs TensorFlow")

import keras

from emotion.labels import LabelSet
from training.data.targets import Examples, Head
from training.fit.losses import HeadsCrossentropy, columns_of, heads_accuracy, loss_of
from training.recipes import Recipe

RECIPE = Recipe(name="made", network="made")
TWO = LabelSet("two", ("anger", "fear"))
THREE = LabelSet("three", ("anger", "fear", "neutral"))


def losses(sizes, targets, logits, handicaps=None):
    loss = HeadsCrossentropy(sizes, handicaps)
    return np.asarray(loss.call(np.array(targets, np.float32), np.array(logits, np.float32)))


def test_heads_use_consecutive_outputs():
    assert columns_of([8, 7]) == [slice(0, 8), slice(8, 15)]


def test_one_head_is_the_usual_cross_entropy():
    found = losses([2], [[1, 0], [0.5, 0.5]], [[log(3), 0], [log(3), 0]])
    np.testing.assert_allclose(found, [-log(0.75), -(log(0.75) + log(0.25)) / 2], rtol=1e-6)


def test_losses_of_two_heads_are_added_and_independent():
    found = losses([2, 4], [[1, 0, 0, 1, 0, 0]], [[0, 0, 5, 5, 5, 5]])
    np.testing.assert_allclose(found, [log(2) + log(4)], rtol=1e-6)


def test_absent_targets_do_not_count():
    found = losses([2, 2], [[1, 0, 0, 0], [0, 0, 0, 0]], [[0, 0, 9, -9], [3, 1, 2, 7]])
    np.testing.assert_allclose(found, [log(2), 0], atol=1e-6)


def test_logit_adjustments_are_added_in_training():
    found = losses([2], [[1, 0], [0, 1]], [[0, 0], [0, 0]], handicaps=[log(0.9), log(0.1)])
    np.testing.assert_allclose(found, [-log(0.9), -log(0.1)], rtol=1e-6)


def test_logit_adjustments_are_log_class_shares_per_head():
    shares = np.eye(2, dtype=np.float32)[[0, 0, 0, 1]], np.eye(3, dtype=np.float32)[[0, 1, 2, 2]]
    heads = tuple(Head(s, t, t.argmax(axis=1).astype(np.int8)) for s, t in zip((TWO, THREE), shares, strict=True))
    examples = Examples(np.zeros((4, 48, 48), np.uint8), heads)
    assert loss_of(RECIPE, examples).handicaps is None
    half = loss_of(replace(RECIPE, logit_adjustment=0.5), examples)
    assert half.sizes == (2, 3)
    np.testing.assert_allclose(half.handicaps, np.log([0.75, 0.25, 0.25, 0.25, 0.5]) / 2)


def test_accuracy_is_the_mean_of_the_heads():
    metric = heads_accuracy((2, 2))
    targets = np.array([[1, 0, 0.3, 0.7], [1, 0, 0.6, 0.4]], np.float32)
    metric.update_state(targets, np.array([[2, 1, 1, 3], [1, 2, 4, 3]], np.float32))
    assert float(metric.result()) == pytest.approx(0.75)


def test_a_checkpoint_restores_loss_and_metric(tmp_path):
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(5)])
    model.compile("sgd", loss=HeadsCrossentropy((2, 3), [0.1, 0.2, 0.3, 0.4, 0.5]), metrics=[heads_accuracy((2, 3))])
    rng = np.random.default_rng(0)
    faces, targets = rng.random((8, 3), np.float32), np.eye(5, dtype=np.float32)[[0, 1, 2, 3, 4, 0, 1, 2]]
    known = model.evaluate(faces, targets, verbose=0)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    assert (again.loss.sizes, again.loss.handicaps) == ((2, 3), (0.1, 0.2, 0.3, 0.4, 0.5))
    np.testing.assert_allclose(again.evaluate(faces, targets, verbose=0), known, rtol=1e-6)
    assert np.isfinite(again.train_on_batch(faces, targets)).all()
