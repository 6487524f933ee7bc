"""Pieces that several families share."""

from __future__ import annotations

from typing import Any

import keras

SQUEEZE = 8
"""How many times fewer units the squeezed layer of :func:`excite` has."""


def logits(features: Any, classes: int) -> Any:
    """Add the output layer. Its weights start small, so that an untrained network favours no class."""
    small = keras.initializers.RandomNormal(stddev=0.01)
    return keras.layers.Dense(classes, kernel_initializer=small, name="logits")(features)


def excite(features: Any) -> Any:
    """Weigh each channel by 0–1, as the means of all channels suggest (Hu et al. 2018)."""
    channels = features.shape[-1]
    weights = keras.layers.GlobalAveragePooling2D(keepdims=True)(features)
    weights = keras.layers.Conv2D(channels // SQUEEZE, 1, activation="relu", kernel_initializer="he_normal")(weights)
    weights = keras.layers.Conv2D(channels, 1, activation="sigmoid")(weights)
    return keras.layers.Multiply()([features, weights])


def convolve(features: Any, filters: int, kernel: int = 3, *, norm: bool = True) -> Any:
    """Add a convolution that keeps the picture's size, batch norm if wanted, and ReLU."""
    # A batch norm has a shift of its own, but the classic networks' known counts include the bias.
    layer = keras.layers.Conv2D(filters, kernel, padding="same", kernel_initializer="he_normal")
    return _activate(layer(features), norm)


def normed(features: Any, filters: int, kernel: int = 3, stride: int = 1) -> Any:
    """Add a convolution without a bias and batch norm, which has a shift of its own."""
    layer = keras.layers.Conv2D(filters, kernel, stride, padding="same", use_bias=False, kernel_initializer="he_normal")
    return keras.layers.BatchNormalization()(layer(features))


def bounded(features: Any) -> Any:
    """Clip sums to 0–6 (Krizhevsky 2010), which also suits int8.

    Without a bound, one picture in a hundred grew a thousandfold from block to block: it ruled its batch's
    norms in training, and by itself was answered with points far outside the picture.
    """
    return keras.layers.ReLU(max_value=6.0)(features)


def connect(features: Any, units: int, *, norm: bool = True) -> Any:
    """Add a dense layer, batch norm if wanted, and ReLU."""
    return _activate(keras.layers.Dense(units, kernel_initializer="he_normal")(features), norm)


def _activate(features: Any, norm: bool) -> Any:
    return keras.layers.ReLU()(keras.layers.BatchNormalization()(features) if norm else features)
