"""The fused batch norm equals Keras' in outputs, gradients and statistics."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("tensorflow", reason="training needs TensorFlow")

import keras
import tensorflow as tf

from training.fit import fused_norm
from training.fit.fused_norm import fuse_batch_norm

MAPS = np.random.default_rng(3).normal(2, 3, (6, 5, 4, 3)).astype(np.float32)


@pytest.fixture(autouse=True)
def only_here(monkeypatch):
    monkeypatch.setattr(keras.layers.BatchNormalization, "call", fused_norm._composed)


def one_step(inputs, **options):
    """Return outputs, gradients and statistics of a batch norm after one call in training."""
    layer = keras.layers.BatchNormalization(momentum=0.9, **options)
    layer.build(inputs.shape)
    for place, weight in enumerate(layer.trainable_weights):
        weight.assign(np.linspace(0.5 + place, 2, weight.shape[0]))

    @tf.function
    def step(values):
        with tf.GradientTape() as tape:
            tape.watch(values)
            answers = layer(values, training=True)
            loss = tf.reduce_sum(tf.sin(answers))
        return answers, *tape.gradient(loss, [values, *(weight.value for weight in layer.trainable_weights)])

    return [np.asarray(value) for value in (*step(tf.constant(inputs)), *layer.weights)]


def kernels_called(monkeypatch):
    calls = []
    kernel = tf.compat.v1.nn.fused_batch_norm
    monkeypatch.setattr(tf.compat.v1.nn, "fused_batch_norm", lambda *a, **k: calls.append(a) or kernel(*a, **k))
    return calls


def test_outputs_gradients_and_statistics_match_keras(monkeypatch):
    composed, calls = one_step(MAPS), kernels_called(monkeypatch)
    fuse_batch_norm()
    for mine, theirs in zip(one_step(MAPS), composed, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-4, atol=1e-5)
    assert calls


def test_unsupported_cases_use_keras(monkeypatch):
    calls = kernels_called(monkeypatch)
    composed = [one_step(MAPS[:, 0, 0]), one_step(MAPS, scale=False), one_step(MAPS, trainable=False)]
    fuse_batch_norm()
    fused = [one_step(MAPS[:, 0, 0]), one_step(MAPS, scale=False), one_step(MAPS, trainable=False)]
    for mine, theirs in zip(fused, composed, strict=True):
        for value, other in zip(mine, theirs, strict=True):
            np.testing.assert_array_equal(value, other)
    assert not calls


def test_inference_uses_the_moving_statistics():
    layer = keras.layers.BatchNormalization()
    expected = np.asarray(layer(MAPS, training=False))
    fuse_batch_norm()
    np.testing.assert_array_equal(layer(MAPS, training=False), expected)
