"""Batch-norm statistics are recomputed from data."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("tensorflow", reason="training needs TensorFlow")

import keras

from emotion.labels import FERPLUS
from training.data.inputs import InputForm
from training.data.targets import Examples, Head
from training.fit.batch_norm import batch_norm_batches, recompute_batch_norm


def network():
    inner = keras.Sequential([keras.Input((4, 4, 2)), keras.layers.BatchNormalization(name="inner")], name="inside")
    inputs = keras.Input((4, 4, 2))
    outputs = keras.layers.BatchNormalization(name="frozen", trainable=False)(inner(inputs))
    return keras.Model(inputs, outputs), inner.get_layer("inner")


def test_statistics_are_means_over_batches_in_nested_networks_too():
    model, layer = network()
    rng = np.random.default_rng(0)
    batches = [rng.normal(scale, scale, (16, 4, 4, 2)).astype(np.float32) for scale in (1, 2, 3)]
    recompute_batch_norm(model, batches)
    means = [batch.mean(axis=(0, 1, 2)) for batch in batches]
    variances = [batch.var(axis=(0, 1, 2)) for batch in batches]
    np.testing.assert_allclose(layer.moving_mean, np.mean(means, axis=0), rtol=1e-4)
    np.testing.assert_allclose(layer.moving_variance, np.mean(variances, axis=0), rtol=1e-4)
    assert layer.momentum == 0.99


def test_a_frozen_batch_norm_is_left_alone():
    model, _ = network()
    recompute_batch_norm(model, [np.full((2, 4, 4, 2), 9, np.float32)])
    frozen = model.get_layer("frozen")
    assert not np.any(frozen.moving_mean)
    np.testing.assert_array_equal(frozen.moving_variance, 1)


def test_faces_are_drawn_as_often_as_training_shows_them():
    images = np.repeat(np.arange(200, dtype=np.uint8), 64).reshape(200, 8, 8)
    images[:, 0] += 20  # a plain picture has no contrast to standardise
    weights = np.where(np.arange(200) < 100, 0.0, 2.0).astype(np.float32)
    head = Head(FERPLUS, np.zeros((200, 8), np.float32), np.full(200, -1, np.int8))
    form = InputForm(8, "grey", "unit")

    def mean_of(weights):
        return np.mean([*batch_norm_batches(Examples(images, (head,), weights=weights), form)])

    assert mean_of(weights) - mean_of(None) == pytest.approx(50 / 255, abs=0.05)
