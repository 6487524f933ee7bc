"""Sharpness-aware minimisation (SAM; P. Foret et al., ICLR 2021, arXiv:2010.01412), for the TensorFlow backend.

Keras leaves gradients to its backends, and JAX's training step has no weights that could be changed in place.
"""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

_TINY = 1e-12


def use_sam(model: Any, distance: float) -> Any:
    """Make a compiled network train with SAM.

    Before each step all weights move by ``distance`` along the gradient; the step uses the gradient found there, and
    the move is undone. This doubles the time. Reported loss and accuracy are those of the moved weights. SAM is not
    saved with the network, so it must be enabled again after loading.

    Args:
        model: A compiled Keras model.
        distance: Radius ρ, in units of the weights.

    Returns:
        The same model.
    """
    plain_step = model.train_step

    def step(data: Any) -> Any:
        weights = model.trainable_weights
        moves = _uphill(model, data, distance)
        for weight, move in zip(weights, moves, strict=True):
            weight.assign_add(move)
        logs = plain_step(data)
        for weight, move in zip(weights, moves, strict=True):
            weight.assign_sub(move)
        return logs

    model.train_step = step
    return model


def _uphill(model: Any, data: Any, distance: float) -> list[Any]:
    """Return each weight's move along the gradient; all moves together have norm ``distance``."""
    faces, targets, face_weights = keras.utils.unpack_x_y_sample_weight(data)
    with tf.GradientTape() as tape:
        answers = model(faces, training=True)
        loss = model.compute_loss(faces, targets, answers, face_weights)
    gradients = tape.gradient(loss, model.trainable_weights)
    scale = distance / (tf.linalg.global_norm(gradients) + _TINY)
    return [scale * gradient for gradient in gradients]
