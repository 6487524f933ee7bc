"""Runs batch norm in training with TensorFlow's fused kernel.

Keras composes batch norm of small operations, each of which reads and writes whole feature maps. The fused kernel and
its gradient do it in one pass, in bfloat16 if the maps are. Outputs, gradients and statistics differ by rounding only.
"""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

_composed = keras.layers.BatchNormalization.call


def fuse_batch_norm() -> None:
    """Make every Keras batch norm use the fused kernel where possible.

    This patches Keras' class, so saved networks contain plain Keras layers.
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
    # The kernel returns the unbiased variance; Keras tracks the biased one.
    variance *= (values - 1) / values
    for kept, new in ((layer.moving_mean, mean), (layer.moving_variance, variance)):
        kept.assign(kept * layer.momentum + new * (1 - layer.momentum))
    return outputs


def _fits(layer: Any, inputs: Any) -> bool:
    """Return whether the kernel supports the layer: channels last, with shift and scale."""
    maps = len(inputs.shape) == 4 and layer.axis in (-1, 3) and inputs.dtype == "float32"
    return maps and layer.scale and layer.center and not (layer.renorm or layer.synchronized)
