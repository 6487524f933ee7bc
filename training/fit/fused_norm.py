"""Batch norm in training by TensorFlow's one kernel for it.

Keras composes batch norm of small operations, each of which reads and writes whole maps again. TensorFlow's
kernel, and that for its gradient, do it in one piece, in bfloat16 where the maps are. Answers, gradients
and statistics are the same but for rounding.
"""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

_composed = keras.layers.BatchNormalization.call


def fuse_batch_norm() -> None:
    """Let every batch norm of Keras use the kernel where it can.

    The class is changed, not the layers: networks are saved and loaded as Keras' own, here and elsewhere.
    """
    keras.layers.BatchNormalization.call = _call


def _call(layer: Any, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
    """Normalise as :class:`keras.layers.BatchNormalization` does."""
    if not (training and layer.trainable and mask is None and _fits(layer, inputs)):
        return _composed(layer, inputs, training=training, mask=mask)
    outputs, mean, variance = tf.compat.v1.nn.fused_batch_norm(
        inputs, layer.gamma.value, layer.beta.value, epsilon=layer.epsilon, is_training=True
    )
    values = tf.cast(tf.size(inputs) // layer.gamma.shape[0], variance.dtype)
    # The kernel gives the variance of the population that the batch was drawn from; Keras keeps the batch's.
    variance *= (values - 1) / values
    for kept, new in ((layer.moving_mean, mean), (layer.moving_variance, variance)):
        kept.assign(kept * layer.momentum + new * (1 - layer.momentum))
    return outputs


def _fits(layer: Any, inputs: Any) -> bool:
    """Tell whether the kernel can do what the layer is asked for: channels last, shift and scale, nothing special."""
    maps = len(inputs.shape) == 4 and layer.axis in (-1, 3) and inputs.dtype == "float32"
    return maps and layer.scale and layer.center and not (layer.renorm or layer.synchronized)
