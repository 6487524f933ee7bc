"""Multiply-adds, by hand."""

from __future__ import annotations

import pytest

pytest.importorskip("tensorflow", reason="training needs TensorFlow")

import keras

from training.evaluation.cost import multiply_adds


def test_multiply_adds_by_hand():
    inputs = keras.Input((8, 8, 3))
    features = keras.layers.Conv2D(4, 3, strides=2, padding="same")(inputs)
    features = keras.layers.SeparableConv2D(6, 3, padding="same")(features)
    model = keras.Model(inputs, keras.layers.Dense(5)(keras.layers.GlobalAveragePooling2D()(features)))
    by_hand = 4 * 4 * (9 * 3 * 4) + 4 * 4 * (9 * 4 + 4 * 6) + 6 * 5
    assert multiply_adds(model) == by_hand
