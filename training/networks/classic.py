"""The networks that most FER2013 projects start from: a few convolutions, then dense layers.

Their layers reproduce published networks, including the number of parameters; see ``docs/models.md``.
"""

from __future__ import annotations

from typing import Any

import keras

from training.augment import GENTLE
from training.networks.layers import connect, convolve, logits
from training.networks.spec import NetworkSpec
from training.recipes import COSINE, Recipe, classic_recipe

_DROPOUT = 0.25


def build_baseline(input_shape: tuple[int, int, int], classes: int) -> Any:
    """Build four halving convolutions of 64, 128, 512 and 512 filters 3×3 and dense layers of 256 and 512.

    Only the second dense layer has batch norm, for the published number of 4,346,631 parameters.
    """
    inputs = keras.Input(input_shape, name="face")
    features = _halve(inputs, ((64, 3), (128, 3), (512, 3), (512, 3)))
    features = connect(keras.layers.Flatten()(features), 256, norm=False)
    features = connect(keras.layers.Dropout(_DROPOUT)(features), 512)
    features = keras.layers.Dropout(_DROPOUT)(features)
    return keras.Model(inputs, logits(features, classes), name="baseline")


def build_deep(input_shape: tuple[int, int, int], classes: int) -> Any:
    """Build four halving convolutions, the second 5×5, and dense layers of 256 and 512 with batch norm."""
    inputs = keras.Input(input_shape, name="face")
    features = _halve(inputs, ((64, 3), (128, 5), (512, 3), (512, 3)))
    features = keras.layers.Flatten()(features)
    for units in (256, 512):
        features = keras.layers.Dropout(_DROPOUT)(connect(features, units))
    return keras.Model(inputs, logits(features, classes), name="deep")


def build_shallow(input_shape: tuple[int, int, int], classes: int) -> Any:
    """Build convolutions of 32 and 64 filters, one pooling after the second, and a dense layer of 512."""
    inputs = keras.Input(input_shape, name="face")
    features = keras.layers.Dropout(_DROPOUT)(convolve(inputs, 32))
    features = keras.layers.MaxPooling2D(2)(convolve(features, 64))
    features = keras.layers.Flatten()(keras.layers.Dropout(_DROPOUT)(features))
    features = keras.layers.Dropout(0.5)(connect(features, 512))
    return keras.Model(inputs, logits(features, classes), name="shallow")


def _halve(features: Any, convolutions: tuple[tuple[int, int], ...]) -> Any:
    """Add convolutions of (filters, kernel side), each with batch norm, ReLU, 2×2 max pooling and dropout."""
    for filters, kernel in convolutions:
        features = keras.layers.MaxPooling2D(2)(convolve(features, filters, kernel))
        features = keras.layers.Dropout(_DROPOUT)(features)
    return features


def _recipe(name: str, epochs: int) -> Recipe:
    """Return a recipe of a fixed number of epochs with a falling learning rate: under an hour on two cores."""
    return classic_recipe(name, epochs=epochs, schedule=COSINE, plateau=0, patience=0, augmentation=GENTLE)


BASELINE = NetworkSpec("baseline", "Baseline, four convolutions 3×3", build_baseline, _recipe("baseline", 8))
SHALLOW = NetworkSpec("shallow", "Shallow, two convolutions", build_shallow, _recipe("shallow", 10))
DEEP = NetworkSpec("deep", "Deep, four convolutions, one of them 5×5", build_deep, _recipe("deep", 14))
