"""Pieces that several families share."""

from __future__ import annotations

from typing import Any

import keras


def logits(features: Any, classes: int) -> Any:
    """Add the output layer. Its weights start small, so that an untrained network favours no class."""
    small = keras.initializers.RandomNormal(stddev=0.01)
    return keras.layers.Dense(classes, kernel_initializer=small, name="logits")(features)


def convolve(features: Any, filters: int, kernel: int = 3, *, norm: bool = True) -> Any:
    """Add a convolution that keeps the picture's size, batch norm if wanted, and ReLU."""
    # A batch norm has a shift of its own, but the classic networks' known counts include the bias.
    layer = keras.layers.Conv2D(filters, kernel, padding="same", kernel_initializer="he_normal")
    return _activate(layer(features), norm)


def connect(features: Any, units: int, *, norm: bool = True) -> Any:
    """Add a dense layer, batch norm if wanted, and ReLU."""
    return _activate(keras.layers.Dense(units, kernel_initializer="he_normal")(features), norm)


def _activate(features: Any, norm: bool) -> Any:
    return keras.layers.ReLU()(keras.layers.BatchNormalization()(features) if norm else features)
