"""ResUNet: a U-Net of residual blocks that outputs one map per part, in the size of the input.

It follows Zhang, Liu and Wang, "Road extraction by deep residual U-Net" (2018, arXiv:1711.10684),
but with batch norm after each convolution, so that export can fold it.
"""

from __future__ import annotations

from typing import Any

import keras

from training.networks.layers import bounded, normed

FILTERS = (12, 24, 48, 72, 96)
"""Filters per level, from full resolution down to a sixteenth; sides must therefore be divisible by 16."""


def build_resunet(input_shape: tuple[int | None, int | None, int], outputs: int, *, name: str = "resunet") -> Any:
    """Build the network.

    Args:
        input_shape: Height, width, channels; sides are None, for any size, or divisible by 16.
        outputs: Number of maps; the output is ``(n, height, width, outputs)`` logits.
        name: Name of the network.
    """
    inputs = keras.Input(input_shape, name="face")
    features, skips = inputs, []
    for filters in FILTERS[:-1]:
        skips.append(_block(features, filters))
        features = keras.layers.MaxPooling2D(2)(skips[-1])
    features = _block(features, FILTERS[-1])
    for filters, skip in zip(reversed(FILTERS[:-1]), reversed(skips), strict=True):
        features = keras.layers.Concatenate()([keras.layers.UpSampling2D(2)(features), skip])
        features = _block(features, filters)
    return keras.Model(inputs, keras.layers.Conv2D(outputs, 1, name="logits")(features), name=name)


def _block(features: Any, filters: int) -> Any:
    """Add a residual block of two convolutions; a 1×1 convolution adjusts the shortcut's channels."""
    kept = normed(features, filters, 1)
    change = keras.layers.ReLU()(normed(features, filters, 3))
    change = normed(change, filters, 3)
    return bounded(keras.layers.Add()([kept, change]))
