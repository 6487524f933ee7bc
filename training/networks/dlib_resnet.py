"""dlib's face recognition network, fitted to faces of 48 px, so that it can start from its weights.

It differs from the original (D. E. King 2017) at both ends. The stem is the original one for a face that was enlarged
twice, as one convolution of the face itself. The last stage keeps the size of its maps, which are small enough, and
features are weighed by place, as in ``resvgg``.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import keras

from training.networks.layers import logits, normed, weigh_places
from training.networks.spec import NetworkSpec
from training.recipes import DEFAULT, DLIB

STEM = 32
STAGES = ((32, 3, 1), (64, 4, 2), (128, 3, 2), (256, 3, 1))
"""(filters, blocks, how many times smaller the first block makes its maps) of each stage."""


def build_dlib_resnet(input_shape: tuple[int, int, int], classes: int) -> Any:
    """Build the stem, four stages of residual blocks, the weighting by place, and the output layer."""
    inputs = keras.Input(input_shape, name="face")
    features = keras.layers.ReLU()(normed(inputs, STEM, 5))
    features = keras.layers.MaxPooling2D(3, 2, padding="same")(features)
    for filters, blocks, stride in STAGES:
        for block in range(blocks):
            features = _residual(features, filters, 1 if block else stride)
    features = keras.layers.Dropout(0.4)(weigh_places(features, evenly=True))
    return keras.Model(inputs, logits(features, classes), name="dlib-resnet")


def _residual(features: Any, filters: int, stride: int) -> Any:
    """Add two convolutions to what came in; smaller maps are means, and new channels begin as zeros."""
    change = keras.layers.ReLU()(normed(features, filters, 3, stride))
    change = normed(change, filters, 3)
    kept = keras.layers.AveragePooling2D(stride)(features) if stride > 1 else features
    added = filters - features.shape[-1]
    kept = keras.ops.pad(kept, [[0, 0], [0, 0], [0, 0], [0, added]]) if added else kept
    return keras.layers.ReLU()(keras.layers.Add()([kept, change]))


DLIB_RESNET = NetworkSpec(
    "dlib-resnet",
    "Residual network that knew faces before",
    build_dlib_resnet,
    replace(
        DEFAULT,
        name="dlib-resnet",
        network="dlib-resnet",
        epochs=30,
        cycles=1,
        recall=0.0,
        learning_rate=0.02,
        weight_decay=2e-3,
        teachers=("ferplus-resvgg", "fer2013-ensemble"),
        start=DLIB,
    ),
)
