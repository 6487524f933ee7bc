"""MobileNet v1 (Howard et al. 2017) for one grey channel: depthwise and pointwise convolutions in turn.

Its body can start from weights that were learned on faces (:mod:`training.fit.pretrained_faces`). ``mobilenet-face`` is
the whole network on faces of 64 px. ``mobilenet-fine`` takes faces of 48 px, FER2013's own size; its first layer has no
stride, which gives maps of higher resolution, and it has fewer blocks to keep the cost. ``mobilenet-slim`` takes faces
of 96 px and has fewer channels, which it can take over from a trained ``mobilenet-face``
(:mod:`training.fit.narrowing`). All take less than a third of the multiply-adds of ``resvgg``.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import keras

from training.augment import Augmentation
from training.networks.layers import bounded, logits
from training.networks.spec import NetworkSpec
from training.recipes import Recipe

INPUT_SIZE, FINE_INPUT_SIZE, SLIM_INPUT_SIZE = 64, 48, 96
_SLIM_WIDTH = 0.625
_STEM = 32
ARCHITECTURE = ((64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *((512, 1),) * 5, (1024, 2), (1024, 1))
"""Output channels and stride of each block of MobileNet v1."""
_DROPOUT = 0.3

_ALL = tuple(range(len(ARCHITECTURE)))
BLOCKS = {"mobilenet-face": _ALL, "mobilenet-fine": (0, 1, 2, 3, 4, 5, 6, 11), "mobilenet-slim": _ALL}
"""Blocks of MobileNet v1 that each network has, counted from 0."""


def _build(input_shape: tuple[int, int, int], classes: int, *, name: str, stride: int, width: float = 1.0) -> Any:
    """Build a network for ``input_shape`` (height, width, channels), with logits of ``classes``.

    ``width`` is the factor on the numbers of channels.
    """
    inputs = keras.Input(input_shape, name="face")
    features = _normed(keras.layers.Conv2D(int(width * _STEM), 3, stride, padding="same", use_bias=False), inputs)
    for block in BLOCKS[name]:
        channels, stride = ARCHITECTURE[block]
        features = _normed(keras.layers.DepthwiseConv2D(3, stride, padding="same", use_bias=False), features)
        features = _normed(keras.layers.Conv2D(int(width * channels), 1, use_bias=False), features)
    features = keras.layers.GlobalAveragePooling2D()(features)
    features = keras.layers.Dropout(_DROPOUT)(features)
    return keras.Model(inputs, logits(features, classes), name=name)


def _normed(layer: Any, features: Any) -> Any:
    return bounded(keras.layers.BatchNormalization()(layer(features)))


def _spec(name: str, title: str, stride: int, input_size: int, width: float = 1.0) -> NetworkSpec:
    return NetworkSpec(
        name,
        title,
        partial(_build, name=name, stride=stride, width=width),
        Recipe(name=name, network=name, augmentation=Augmentation(worsen=0.2)),
        input_size=input_size,
        bfloat16=False,
    )


MOBILENET_FACE = _spec("mobilenet-face", "MobileNet v1, grey", 2, INPUT_SIZE)
MOBILENET_FINE = _spec("mobilenet-fine", "MobileNet v1, grey, at full resolution", 1, FINE_INPUT_SIZE)
MOBILENET_SLIM = _spec("mobilenet-slim", "MobileNet v1, grey, with fewer channels", 2, SLIM_INPUT_SIZE, _SLIM_WIDTH)
