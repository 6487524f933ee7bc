"""Plain stacks of 3x3 convolutions, after K. Simonyan and A. Zisserman, ICLR 2015 (arXiv:1409.1556).

Batch norm after every convolution and global pooling in place of the large dense layers make
them small; nothing but convolutions, ReLU and pooling makes them exact and fast in int8.
"""

from __future__ import annotations

from typing import Any

import keras

from training.networks.layers import logits, normed
from training.networks.spec import NetworkSpec
from training.recipes import Recipe

Stages = tuple[tuple[int, int], ...]
"""(filters, convolutions) of each stage; every stage halves the picture."""


def build_vgg(input_shape: tuple[int, int, int], classes: int) -> Any:
    """Build the untrained network: four stages of 2, 2, 3 and 3 convolutions.

    Args:
        input_shape: Height, width, channels.
        classes: Number of outputs.

    Returns:
        A Keras model whose output is ``(n, classes)`` logits.
    """
    return build_stages(((32, 2), (64, 2), (128, 3), (256, 3)), input_shape, classes, name="vgg")


def build_stages(stages: Stages, input_shape: tuple[int, int, int], classes: int, *, name: str) -> Any:
    """Build a network of the given stages with a linear output layer."""
    inputs = keras.Input(input_shape, name="face")
    features = inputs
    for filters, convolutions in stages:
        for _ in range(convolutions):
            features = keras.layers.ReLU()(normed(features, filters))
        features = keras.layers.MaxPooling2D(2)(features)
    features = keras.layers.GlobalAveragePooling2D()(features)
    features = keras.layers.Dropout(0.3)(features)
    return keras.Model(inputs, logits(features, classes), name=name)


def build_vgg_half(input_shape: tuple[int, int, int], classes: int) -> Any:
    """Build the same with half the filters; arguments as of :func:`build_vgg`."""
    return build_stages(((16, 2), (32, 2), (64, 3), (128, 3)), input_shape, classes, name="vgg-half")


VGG = NetworkSpec("vgg", "VGG of ten convolutions", build_vgg, Recipe(name="vgg", network="vgg"))
VGG_HALF = NetworkSpec(
    "vgg-half", "VGG of ten convolutions, half the filters", build_vgg_half, Recipe(name="vgg-half", network="vgg-half")
)
