"""Steps that look for flat valleys: sharpness-aware minimisation (P. Foret et al., ICLR 2021, arXiv:2010.01412).

For TensorFlow alone: Keras leaves gradients to its backends, and JAX's steps have no weights that could be moved
in place.
"""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

_TINY = 1e-12


def use_sam(model: Any, distance: float) -> Any:
    """Make a compiled network take each gradient where the loss near its weights is about largest.

    Before each step all weights move by ``distance`` along the gradient; the step is taken with the
    gradient found there, and the move is undone. It takes twice the time. Loss and accuracy that
    training reports are those of the moved weights. It is no part of what is saved: a network that
    was loaded again has to be sharpened again.

    Args:
        model: A compiled Keras model.
        distance: Length of the move (ρ), in units of the weights.

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
    """Return each weight's move along the gradient of a batch's loss; together they have the given length."""
    faces, targets, face_weights = keras.utils.unpack_x_y_sample_weight(data)
    with tf.GradientTape() as tape:
        answers = model(faces, training=True)
        loss = model.compute_loss(faces, targets, answers, face_weights)
    gradients = tape.gradient(loss, model.trainable_weights)
    scale = distance / (tf.linalg.global_norm(gradients) + _TINY)
    return [scale * gradient for gradient in gradients]
