"""Plain stacks of 3x3 convolutions, after K. Simonyan and A. Zisserman, ICLR 2015 (arXiv:1409.1556).

Batch norm follows every convolution, and global pooling replaces the large dense layers. They are fast and exact in
int8, as they only have convolutions, ReLU and pooling.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import keras

from training.networks.layers import logits, normed
from training.networks.spec import NetworkSpec
from training.recipes import Recipe

Stages = tuple[tuple[int, int], ...]
"""(filters, convolutions) of each stage; every stage ends with 2×2 pooling."""


def build_vgg(input_shape: tuple[int, int, int], classes: int, *, stages: Stages, name: str) -> Any:
    """Build the untrained network.

    Args:
        input_shape: Height, width, channels.
        classes: Number of outputs.
        stages: Filters and number of convolutions of each stage.
        name: Name of the network.
    """
    inputs = keras.Input(input_shape, name="face")
    features = inputs
    for filters, convolutions in stages:
        for _ in range(convolutions):
            features = keras.layers.ReLU()(normed(features, filters))
        features = keras.layers.MaxPooling2D(2)(features)
    features = keras.layers.GlobalAveragePooling2D()(features)
    features = keras.layers.Dropout(0.3)(features)
    return keras.Model(inputs, logits(features, classes), name=name)


def _spec(name: str, title: str, *filters: int) -> NetworkSpec:
    stages = tuple(zip(filters, (2, 2, 3, 3), strict=True))
    return NetworkSpec(name, title, partial(build_vgg, stages=stages, name=name), Recipe(name=name, network=name))


VGG = _spec("vgg", "VGG of ten convolutions", 32, 64, 128, 256)
VGG_HALF = _spec("vgg-half", "VGG of ten convolutions, half the filters", 16, 32, 64, 128)
