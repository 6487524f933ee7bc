"""Rounds a network's kernels to int8 so that its layers' outputs change least.

The converter rounds each weight to the nearest step. In depthwise networks this is most of what int8 costs: their
kernels have few inputs, so errors do not average out. Here a kernel's weights are rounded one after the other, and
those that are left compensate for the error on typical inputs (E. Frantar et al.: GPTQ, ICLR 2023; after B. Hassibi and
D. Stork: Second Order Derivatives for Network Pruning: Optimal Brain Surgeon, NIPS 1992). Then each layer's mean output
is corrected (M. Nagel et al.: Data-Free Quantization through Weight Equalization and Bias Correction, ICCV 2019).
"""

from __future__ import annotations

import itertools
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from emotion.types import FloatArray

_LARGEST = 127
"""Largest int8 code of a weight; the converter gives it to the largest weight of each output."""

_DAMPING = 1e-3
"""Added to the inputs' mean squares, as a share of their mean, so that similar inputs can be told apart."""

_POSITIONS = 100_000
"""Positions of feature maps whose inputs are used."""

_BATCH = 100

Moments = NDArray[np.float64]
"""``(inputs, inputs)`` sums of products of a kernel's inputs."""


def can_be_rounded(model: Any) -> bool:
    """Return whether a network has depthwise kernels, and whether each of its layers reads the one before."""
    layers = model.layers
    is_chain = all(layer.input is before.output for before, layer in itertools.pairwise(layers))
    return is_chain and any(isinstance(layer, keras.layers.DepthwiseConv2D) for layer in layers)


def rounded(model: Any, faces: FloatArray) -> Any:
    """Return a copy of a network whose kernels the converter stores exactly.

    Args:
        model: A network for which :func:`can_be_rounded` is true.
        faces: Typical inputs, ``(n, s, s, c)``.
    """
    copy = keras.models.clone_model(model)
    copy.set_weights(model.get_weights())
    exact, coarse = faces, faces
    for layer, new in zip(model.layers[1:], copy.layers[1:], strict=True):
        if isinstance(new, (keras.layers.DepthwiseConv2D, keras.layers.Conv2D, keras.layers.Dense)):
            _round_kernel(new, coarse)
        exact, coarse = _outputs(layer, exact), _in_eight_bits(new, _outputs(new, coarse))
        # A convolution has no bias of its own: the batch norm after it has a shift.
        shift = getattr(new, "beta", None) if getattr(new, "bias", None) is None else new.bias
        if shift is not None:
            excess = (_means(coarse) - _means(exact)).astype(np.float32)
            shift.assign(shift - excess)
            coarse = coarse - excess
    return copy


def round_rows(weights: NDArray[np.float64], moments: Moments) -> NDArray[np.float64]:
    """Round kernels of the same inputs to int8 codes, and return the weights that the codes stand for.

    Each row has its own step. Its largest weight keeps the code 127 or −127, from which the converter finds the step.

    Args:
        weights: ``(outputs, inputs)``.
        moments: Of the inputs.
    """
    steps = np.abs(weights).max(axis=1) / _LARGEST
    steps[steps == 0] = 1
    order = np.argsort(-np.diag(moments), kind="stable")  # the most active inputs first, while others can compensate
    left, largest = weights[:, order], np.abs(weights[:, order]).argmax(axis=1)
    damped = moments[np.ix_(order, order)]
    damped = damped + (_DAMPING * np.diag(damped).mean() + 1e-12) * np.eye(len(order))
    compensation = np.linalg.cholesky(np.linalg.inv(damped)).T
    found = np.empty_like(left)
    for place in range(left.shape[1]):
        codes = np.clip(np.rint(left[:, place] / steps), -_LARGEST, _LARGEST)
        codes = np.where(largest == place, _LARGEST * np.sign(weights[:, order[place]]), codes)
        found[:, order[place]] = codes * steps
        error = (left[:, place] - codes * steps) / compensation[place, place]
        left[:, place + 1 :] -= error[:, None] * compensation[place, place + 1 :]
    return found


def _round_kernel(layer: Any, inputs: FloatArray) -> None:
    kernel = np.asarray(layer.kernel, np.float64)
    read = _read_by(layer, inputs)
    if isinstance(layer, keras.layers.DepthwiseConv2D):
        by_channel = np.moveaxis(kernel, 2, 0)  # each channel reads only itself
        rows = [round_rows(own.reshape(1, -1), _moments(read[:, :, channel])) for channel, own in enumerate(by_channel)]
        found = np.moveaxis(np.reshape(rows, by_channel.shape), 0, 2)
    else:
        by_output = kernel.reshape(-1, kernel.shape[-1]).T
        found = round_rows(by_output, _moments(read.reshape(len(read), -1))).T.reshape(kernel.shape)
    layer.kernel.assign(found.astype(np.float32))


def _moments(read: FloatArray) -> Moments:
    exact = read.astype(np.float64)
    return exact.T @ exact


def _read_by(layer: Any, inputs: FloatArray) -> FloatArray:
    """Return what a kernel reads at evenly spread positions, ``(positions, places, channels)``."""
    if inputs.ndim == 2:
        return inputs[:, None]
    size, every = layer.kernel_size, -(-inputs[..., 0].size // _POSITIONS)
    found = []
    for maps in _batches(inputs):
        patches = keras.ops.image.extract_patches(maps, size, layer.strides, padding=layer.padding)
        found.append(np.asarray(patches).reshape(-1, size[0] * size[1], inputs.shape[-1])[::every])
    return np.concatenate(found)


def _outputs(layer: Any, inputs: FloatArray) -> FloatArray:
    return np.concatenate([np.asarray(layer(maps, training=False)) for maps in _batches(inputs)])


def _batches(maps: FloatArray) -> list[FloatArray]:
    return np.array_split(maps, -(-len(maps) // _BATCH))


def _in_eight_bits(layer: Any, maps: FloatArray) -> FloatArray:
    """Return maps as int8 stores them, after an activation with an upper bound."""
    if not isinstance(layer, keras.layers.ReLU) or layer.max_value is None:
        return maps
    step = np.float32(layer.max_value / 255)
    return np.rint(maps / step) * step


def _means(maps: FloatArray) -> NDArray[np.float64]:
    """Return the mean of each channel."""
    return np.mean(maps, axis=tuple(range(maps.ndim - 1)), dtype=np.float64)
