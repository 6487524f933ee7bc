"""Weights into which batch norms are folded, and how a network takes them up so that it can learn on.

What a norm saw is measured again, so that the network answers at first as whatever the weights were taken from.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from emotion.types import FloatArray

_LENGTH_AT_THE_START = float(np.sqrt(2))
"""Of a channel's weights as He et al. (2015) draw them. Before a batch norm only their direction counts for the answer,
but their length decides how far a step of a given learning rate turns it."""

_SHORTEST = 1e-6
"""Below it, a channel that was switched off stays as short as it is."""


@dataclass(frozen=True, slots=True, eq=False)
class Folded:
    """A layer's weights as Keras lays them out: float32 kernel, and bias with one value per output."""

    kernel: FloatArray
    bias: FloatArray


def has_kernel(layer: Any) -> bool:
    """Say whether a layer multiplies by weights."""
    return isinstance(layer, keras.layers.Conv2D | keras.layers.DepthwiseConv2D | keras.layers.Dense)


def norms_behind(model: Any) -> Iterator[tuple[str, Any]]:
    """Yield each batch norm with the name of the layer whose answers it takes."""
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            yield layer.input._keras_history.operation.name, layer


def fill(layer: Any, stored: Folded, norm: Any | None) -> None:
    """Set a layer's weights; a norm behind it adds the bias that was folded, and does nothing else for now."""
    if norm is None:
        layer.set_weights([stored.kernel, stored.bias])
        return
    bias = [np.zeros_like(stored.bias)] if layer.use_bias else []
    layer.set_weights([stored.kernel, *bias])
    none, one = np.zeros_like(stored.bias), np.ones_like(stored.bias)
    norm.set_weights([one, stored.bias, none, one - norm.epsilon])


def unfold(model: Any, norms: Mapping[str, Any], faces: Sequence[FloatArray]) -> None:
    """Give each norm the mean and variance of what it takes, and the scale and shift that leave its answer as it is.

    Args:
        model: Filled, its norms doing nothing but to add what was folded.
        norms: Name of the layer before → the norm.
        faces: Batches of inputs.
    """
    before = keras.Model(model.input, [norm.input for norm in norms.values()])
    # Called outside any graph, thus in float32.
    moments = [[_moments(maps) for maps in before(batch, training=False)] for batch in faces]
    for (name, norm), seen in zip(norms.items(), zip(*moments, strict=True), strict=True):
        means, variances = map(np.stack, zip(*seen, strict=True))
        mean, variance = means.mean(axis=0), variances.mean(axis=0) + means.var(axis=0)
        stretch = _stretch(model.get_layer(name))
        spread = np.sqrt(stretch**2 * variance + norm.epsilon)
        shift = norm.get_weights()[1]
        norm.set_weights([spread / stretch, shift + mean, stretch * mean, stretch**2 * variance])


def _moments(maps: Any) -> tuple[FloatArray, FloatArray]:
    """Return each channel's mean and variance over a batch."""
    values = keras.ops.convert_to_numpy(maps)
    axes = tuple(range(values.ndim - 1))
    return values.mean(axes), values.var(axes)


def _stretch(layer: Any) -> FloatArray:
    """Bring each channel's weights to the length that they start with, and return by how much; a norm takes it back."""
    kernel, *bias = layer.get_weights()  # the bias, if there is one, is 0: the norm has it
    channel = 2 if isinstance(layer, keras.layers.DepthwiseConv2D) else kernel.ndim - 1
    others = tuple(axis for axis in range(kernel.ndim) if axis != channel)
    length = np.sqrt((kernel**2).sum(axis=others, keepdims=True))
    stretch = _LENGTH_AT_THE_START / np.maximum(length, _SHORTEST)
    layer.set_weights([stretch * kernel, *bias])
    return np.asarray(stretch.ravel())
