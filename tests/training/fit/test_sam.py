"""Sharpness-aware minimisation against steps computed by hand."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("tensorflow", reason="training needs TensorFlow")

import keras

from training.fit.sam import use_sam


def one_weight(start: float, distance: float) -> float:
    """Return the weight after one SAM step at rate 0.1 on the loss w², from ``start``."""
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
    model.set_weights([np.array([[start]], np.float32)])
    model.compile(keras.optimizers.SGD(0.1), loss="mse")
    if distance:
        use_sam(model, distance)
    model.train_on_batch(np.ones((4, 1), np.float32), np.zeros((4, 1), np.float32))
    return float(model.get_weights()[0][0, 0])


def test_the_gradient_is_taken_at_the_perturbed_weights():
    # The loss is w² and its gradient 2w: the perturbation raises 1 and lowers −1.
    assert one_weight(1.0, 0.0) == pytest.approx(1 - 0.1 * 2.0)
    assert one_weight(1.0, 0.5) == pytest.approx(1 - 0.1 * 3.0)
    assert one_weight(-1.0, 0.5) == pytest.approx(-1 + 0.1 * 3.0)


def test_a_network_trained_with_sam_is_saved_as_a_plain_one(tmp_path):
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    model.compile("sgd", loss="mse")
    use_sam(model, 0.05).fit(np.ones((4, 3)), np.zeros((4, 2)), verbose=0)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(again.get_weights()[0], model.get_weights()[0])
