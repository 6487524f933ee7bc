"""Layers that several families share."""

from __future__ import annotations

from typing import Any

import keras

SQUEEZE = 8
"""Reduction of the hidden layer of :func:`excite`."""


def logits(features: Any, classes: int) -> Any:
    """Add the output layer. Its weights start small, so that an untrained network favours no class."""
    small = keras.initializers.RandomNormal(stddev=0.01)
    return keras.layers.Dense(classes, kernel_initializer=small, name="logits")(features)


def excite(features: Any) -> Any:
    """Add squeeze-and-excitation: scale each channel by 0–1, given the means of all channels (Hu et al. 2018)."""
    channels = features.shape[-1]
    weights = keras.layers.GlobalAveragePooling2D(keepdims=True)(features)
    weights = keras.layers.Conv2D(channels // SQUEEZE, 1, activation="relu", kernel_initializer="he_normal")(weights)
    weights = keras.layers.Conv2D(channels, 1, activation="sigmoid")(weights)
    return keras.layers.Multiply()([features, weights])


def convolve(features: Any, filters: int, kernel: int = 3, *, norm: bool = True) -> Any:
    """Add a convolution with same padding, optional batch norm, and ReLU."""
    # A batch norm has a shift of its own, but the classic networks' known counts include the bias.
    layer = keras.layers.Conv2D(filters, kernel, padding="same", kernel_initializer="he_normal")
    return _activate(layer(features), norm)


def normed(features: Any, filters: int, kernel: int = 3, stride: int = 1) -> Any:
    """Add a convolution without bias, followed by batch norm, which has a shift."""
    layer = keras.layers.Conv2D(filters, kernel, stride, padding="same", use_bias=False, kernel_initializer="he_normal")
    return keras.layers.BatchNormalization()(layer(features))


def bounded(features: Any) -> Any:
    """Clip activations to 0–6 (ReLU6, Krizhevsky 2010), which also suits int8.

    Without a bound, the activations of one picture in a hundred grew a thousandfold from block to block: they dominated
    the statistics of their batch in training, and the predicted points lay far outside the picture.
    """
    return keras.layers.ReLU(max_value=6.0)(features)


def connect(features: Any, units: int, *, norm: bool = True) -> Any:
    """Add a dense layer with optional batch norm, and ReLU."""
    return _activate(keras.layers.Dense(units, kernel_initializer="he_normal")(features), norm)


def _activate(features: Any, norm: bool) -> Any:
    return keras.layers.ReLU()(keras.layers.BatchNormalization()(features) if norm else features)
