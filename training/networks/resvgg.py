"""Our own network: a VGG with shortcuts, squeeze-and-excitation and a learned weight per place of the face.

Everything but the last is as in ``vgg`` and ``resnet_se``. Faces come aligned, so that eyes, nose
and mouth lie at the same places of the last maps: a depthwise convolution as large as the map
learns where each feature matters, while global pooling would forget where it was seen (S. Chen
et al., MobileFaceNets, CCBR 2018, arXiv:1804.07573).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import keras

from training.networks.layers import excite, logits
from training.networks.spec import NetworkSpec
from training.recipes import DEFAULT

STEM = 32
"""Filters of the one convolution at full size, where maps take longest to read and write."""

STAGES = (64, 128, 320)
"""Filters of the stages. Each halves the picture first and has three convolutions."""


def build_resvgg(input_shape: tuple[int, int, int], classes: int) -> Any:
    """Build a stem, three residual stages, the weighting by place, and the output layer."""
    inputs = keras.Input(input_shape, name="face")
    features = keras.layers.ReLU()(_normed(inputs, STEM))
    for filters in STAGES:
        features = _stage(keras.layers.MaxPooling2D(2)(features), filters)
    features = keras.layers.DepthwiseConv2D(features.shape[1], use_bias=False)(features)
    features = keras.layers.Flatten()(keras.layers.BatchNormalization()(features))
    features = keras.layers.Dropout(0.4)(features)
    return keras.Model(inputs, logits(features, classes), name="resvgg")


def _stage(features: Any, filters: int) -> Any:
    """Widen, then add two convolutions, weighted per channel, to what they saw."""
    kept = keras.layers.ReLU()(_normed(features, filters))
    change = keras.layers.ReLU()(_normed(kept, filters))
    change = excite(_normed(change, filters))
    return keras.layers.ReLU()(keras.layers.Add()([kept, change]))


def _normed(features: Any, filters: int) -> Any:
    layer = keras.layers.Conv2D(filters, 3, padding="same", use_bias=False, kernel_initializer="he_normal")
    return keras.layers.BatchNormalization()(layer(features))


RESVGG = NetworkSpec("resvgg", "Residual VGG, faces weighed by place", build_resvgg, replace(DEFAULT, name="resvgg"))
