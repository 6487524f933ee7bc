"""Loads weights with folded batch norms into a network that has batch norms.

Their statistics are measured again, and their scale and shift set so that the network computes what the folded weights
do.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from emotion.types import FloatArray

_INITIAL_NORM = float(np.sqrt(2))
"""Norm of a channel's weights under He initialisation (He et al. 2015). Before a batch norm it does not change the
output, but it determines how far a gradient step turns the weights."""

_SMALLEST_NORM = 1e-6
"""Channels with a smaller norm are inactive and are not rescaled further."""


@dataclass(frozen=True, slots=True, eq=False)
class FoldedLayer:
    """A layer's float32 kernel and bias in Keras' layout, with the following batch norm, if any, folded in."""

    kernel: FloatArray
    bias: FloatArray


def restore_body(model: Any, body: Sequence[FoldedLayer], faces: Sequence[FloatArray]) -> None:
    """Load folded weights into all layers but the last, and restore the batch norms.

    Args:
        model: A network with as many layers before its last one.
        body: The weights of these layers.
        faces: Batches of network inputs, on which the statistics are measured.
    """
    norms = dict(_norms_by_layer(model))
    layers = [layer for layer in model.layers if has_kernel(layer)][:-1]
    for layer, stored in zip(layers, body, strict=True):
        _fill(layer, stored, norms.get(layer.name))
    if norms:
        _restore_norms(model, norms, faces)


def has_kernel(layer: Any) -> bool:
    """Return whether a layer is a convolution or dense layer."""
    return isinstance(layer, keras.layers.Conv2D | keras.layers.DepthwiseConv2D | keras.layers.Dense)


def _norms_by_layer(model: Any) -> Iterator[tuple[str, Any]]:
    """Yield the name of the layer before each batch norm, and the batch norm."""
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            yield layer.input._keras_history.operation.name, layer


def _fill(layer: Any, stored: FoldedLayer, norm: Any | None) -> None:
    """Set a layer's weights; a batch norm after it gets the bias, and is an identity otherwise until it is restored."""
    if norm is None:
        layer.set_weights([stored.kernel, stored.bias])
        return
    bias = [np.zeros_like(stored.bias)] if layer.use_bias else []
    layer.set_weights([stored.kernel, *bias])
    none, one = np.zeros_like(stored.bias), np.ones_like(stored.bias)
    norm.set_weights([one, stored.bias, none, one - norm.epsilon])


def _restore_norms(model: Any, norms: Mapping[str, Any], faces: Sequence[FloatArray]) -> None:
    """Set each batch norm's statistics to those of its input, with a scale and shift that keep its output unchanged.

    Args:
        model: A network with loaded weights, whose batch norms only add a bias.
        norms: Name of the layer before → batch norm.
        faces: Batches of inputs.
    """
    before = keras.Model(model.input, [norm.input for norm in norms.values()])
    # Called eagerly, thus in float32.
    moments = [[_moments(maps) for maps in before(batch, training=False)] for batch in faces]
    for (name, norm), seen in zip(norms.items(), zip(*moments, strict=True), strict=True):
        means, variances = map(np.stack, zip(*seen, strict=True))
        mean, variance = means.mean(axis=0), variances.mean(axis=0) + means.var(axis=0)
        stretch = _rescale(model.get_layer(name))
        spread = np.sqrt(stretch**2 * variance + norm.epsilon)
        shift = norm.get_weights()[1]
        norm.set_weights([spread / stretch, shift + mean, stretch * mean, stretch**2 * variance])


def _moments(maps: Any) -> tuple[FloatArray, FloatArray]:
    """Return each channel's mean and variance over a batch."""
    values = keras.ops.convert_to_numpy(maps)
    axes = tuple(range(values.ndim - 1))
    return values.mean(axes), values.var(axes)


def _rescale(layer: Any) -> FloatArray:
    """Rescale each channel's weights to their norm at initialisation, and return the factors."""
    kernel, *bias = layer.get_weights()  # the bias, if any, is 0: the batch norm has it
    channel = 2 if isinstance(layer, keras.layers.DepthwiseConv2D) else kernel.ndim - 1
    others = tuple(axis for axis in range(kernel.ndim) if axis != channel)
    length = np.sqrt((kernel**2).sum(axis=others, keepdims=True))
    stretch = _INITIAL_NORM / np.maximum(length, _SMALLEST_NORM)
    layer.set_weights([stretch * kernel, *bias])
    return np.asarray(stretch.ravel())
