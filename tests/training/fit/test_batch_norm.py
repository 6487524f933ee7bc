"""Batch-norm statistics are recomputed from data."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("tensorflow", reason="training needs TensorFlow")

import keras

from training.fit.batch_norm import recompute_batch_norm


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
