"""A network that trains in seconds."""

from __future__ import annotations

import keras


def build_small(input_shape, classes):
    inputs = keras.Input(input_shape)
    features = keras.layers.ReLU()(keras.layers.BatchNormalization()(keras.layers.Conv2D(4, 3)(inputs)))
    features = keras.layers.GlobalAveragePooling2D()(features)
    return keras.Model(inputs, keras.layers.Dense(classes, name="logits")(features), name="small")
