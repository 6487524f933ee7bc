"""Narrows a trained MobileNet v1: a network with fewer channels starts from a wider one.

The outputs of a layer pass through a depthwise layer, channel by channel, into the next pointwise layer. Channels are
left out one at a time, always the one whose removal changes the pointwise layer's output least when the weights of the
other channels are fitted again. This is the rule of B. Hassibi and D. Stork (Second Order Derivatives for Network
Pruning: Optimal Brain Surgeon, NIPS 1992) for a channel's weights instead of a single one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from emotion.types import FloatArray
from training.fit.folded import FoldedLayer

_ROWS = 200_000
"""Positions of feature maps that a fit uses."""

_RIDGE = 1e-3
"""Ridge penalty of a fit, as a share of the channels' mean variance. Keeps the weights of similar channels small."""

_MOST = 6.0
"""Upper bound of the activation, ReLU6."""


def can_be_narrowed(body: Sequence[FoldedLayer], head: FoldedLayer, layers: Sequence[Any]) -> bool:
    """Return whether weights are of a MobileNet v1 that has the same layers as a network, and more channels.

    Args:
        body: The weights of all layers but the last.
        head: The weights of the last layer.
        layers: The network's Keras layers for ``body``.
    """
    kinds = [isinstance(layer, keras.layers.DepthwiseConv2D) for layer in layers]
    if len(body) != len(layers) or kinds != [index % 2 == 1 for index in range(len(layers))]:
        return False
    pairs = [(stored.kernel.shape, layer.kernel.shape) for stored, layer in zip(body, layers, strict=True)]
    return (
        all(stored[:2] == shape[:2] and stored[2] >= shape[2] and stored[3] >= shape[3] for stored, shape in pairs)
        and head.kernel.shape[0] > layers[-1].kernel.shape[-1]
    )


def narrowed(
    body: Sequence[FoldedLayer], head: FoldedLayer, layers: Sequence[Any], faces: FloatArray
) -> tuple[list[FoldedLayer], FoldedLayer]:
    """Return the weights of a narrower network that answers much as the wide one does.

    Args:
        body: The wide network's layers but the last: a convolution, then depthwise and pointwise layers in turn.
        head: Its last layer, after average pooling.
        layers: The narrow network's Keras layers for ``body``; they give strides and numbers of channels.
        faces: Network inputs, ``(n, s, s, 1)``.

    Returns:
        The narrow network's body and head.
    """
    before, found = body[0], []
    wide = narrow = _activated(before, faces, layers[0].strides)
    counts = [layer.kernel.shape[-1] for layer in (layers[0], *layers[2::2])]
    for count, by_channel, pointwise, layer in zip(counts[:-1], body[1::2], body[2::2], layers[1::2], strict=True):
        wide, narrow = (_activated(by_channel, maps, layer.strides) for maps in (wide, narrow))
        target = wide @ pointwise.kernel[0, 0] + pointwise.bias
        kept, kernel, bias = _fitted(narrow, target, count)
        found += [_outputs(before, kept), FoldedLayer(by_channel.kernel[:, :, kept], by_channel.bias[kept])]
        before = FoldedLayer(kernel[np.newaxis, np.newaxis], bias)
        wide, narrow = _bounded(target), _bounded(narrow[..., kept] @ kernel + bias)
    kept, kernel, bias = _fitted(narrow, wide @ head.kernel + head.bias, counts[-1])
    return [*found, _outputs(before, kept)], FoldedLayer(kernel, bias)


def _activated(layer: FoldedLayer, maps: FloatArray, strides: tuple[int, int]) -> FloatArray:
    by_channel = layer.kernel.shape[-1] == 1
    convolve = keras.ops.depthwise_conv if by_channel else keras.ops.conv
    parts = np.array_split(maps, max(len(maps) // 128, 1))
    outputs = [convolve(part, layer.kernel, strides, "same") for part in parts]
    return np.concatenate([_bounded(keras.ops.convert_to_numpy(output) + layer.bias) for output in outputs])


def _bounded(maps: FloatArray) -> FloatArray:
    return np.clip(maps, 0, _MOST)


def _outputs(layer: FoldedLayer, kept: NDArray[np.intp]) -> FoldedLayer:
    return FoldedLayer(layer.kernel[..., kept], layer.bias[kept])


def _fitted(maps: FloatArray, target: FloatArray, count: int) -> tuple[NDArray[np.intp], FloatArray, FloatArray]:
    """Return the ``count`` channels of ``maps`` that explain ``target`` best, and kernel and bias for them."""
    step = -(-maps[..., 0].size // _ROWS)
    rows, wanted = (values.reshape(-1, values.shape[-1])[::step].astype(np.float64) for values in (maps, target))
    mean, mean_wanted = rows.mean(axis=0), wanted.mean(axis=0)
    rows, wanted = rows - mean, wanted - mean_wanted
    moments = rows.T @ rows / len(rows)
    inverse = np.linalg.inv(moments + np.eye(len(moments)) * (_RIDGE * moments.trace() / len(moments)))
    weights = inverse @ (rows.T @ wanted / len(rows))
    kept = np.arange(len(moments))
    while len(kept) > count:
        price = (weights**2).sum(axis=1) / inverse.diagonal()
        last = int(price.argmin())
        others = np.delete(np.arange(len(kept)), last)
        share = inverse[others, last] / inverse[last, last]
        weights = weights[others] - np.outer(share, weights[last])
        inverse = inverse[np.ix_(others, others)] - np.outer(share, inverse[last, others])
        kept = kept[others]
    bias = mean_wanted - mean[kept] @ weights
    return kept, weights.astype(np.float32), bias.astype(np.float32)
