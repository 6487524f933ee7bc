"""A compact network without batch norm on 49×49 faces, for six expressions."""

from __future__ import annotations

from typing import Any

import keras

from emotion.labels import FER2013_LABELS
from training.augment import GENTLE
from training.networks.layers import connect, convolve, logits
from training.networks.spec import NetworkSpec
from training.recipes import classic_recipe

SIX = tuple(label for label in FER2013_LABELS if label != "disgust")
"""FER2013's classes without disgust, which has by far the fewest faces."""


def build_compact49(input_shape: tuple[int, int, int], classes: int) -> Any:
    """Build convolutions of 50, 75 and 125 filters, pooling after the last two, and dense layers of 500 and 250."""
    inputs = keras.Input(input_shape, name="face")
    features = convolve(inputs, 50, norm=False)
    for filters in (75, 125):
        features = keras.layers.MaxPooling2D(2)(convolve(features, filters, norm=False))
    features = keras.layers.Flatten()(features)
    for units, dropout in ((500, 0.3), (250, 0.2)):
        features = keras.layers.Dropout(dropout)(connect(features, units, norm=False))
    return keras.Model(inputs, logits(features, classes), name="compact49")


COMPACT49 = NetworkSpec(
    "compact49",
    "Compact, 49×49 faces, six expressions",
    build_compact49,
    classic_recipe("compact49", classes=SIX, epochs=12, batch_size=64, patience=0, augmentation=GENTLE),
    input_size=49,
)
