"""Four convolutions and two dense layers, for the five expressions that are easiest to distinguish."""

from __future__ import annotations

from typing import Any

import keras

from emotion.labels import FER2013_LABELS
from training.augment import FLIPS
from training.networks.layers import connect, convolve, logits
from training.networks.spec import NetworkSpec
from training.recipes import classic_recipe

FIVE = tuple(label for label in FER2013_LABELS if label not in {"disgust", "fear"})


def build_fourconv(input_shape: tuple[int, int, int], classes: int) -> Any:
    """Build convolutions of 32, 64, 128 and 128 filters, each with pooling, and a hidden dense layer of 512."""
    inputs = keras.Input(input_shape, name="face")
    features = inputs
    for filters in (32, 64, 128, 128):
        features = keras.layers.MaxPooling2D(2)(convolve(features, filters, norm=False))
    features = connect(keras.layers.Flatten()(features), 512, norm=False)
    features = keras.layers.Dropout(0.5)(features)
    return keras.Model(inputs, logits(features, classes), name="fourconv")


FOURCONV = NetworkSpec(
    "fourconv",
    "Four convolutions, five expressions",
    build_fourconv,
    classic_recipe("fourconv", classes=FIVE, epochs=25, patience=0, augmentation=FLIPS),
)
