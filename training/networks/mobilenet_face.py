"""MobileNet v1 (Howard et al. 2017) for one grey channel: depthwise and pointwise convolutions in turn.

Its body can start from weights that were learned on faces (:mod:`training.fit.pretrained_faces`). Per face of 64 px
it takes a quarter of the multiply-adds of ``resvgg``.
"""

from __future__ import annotations

from typing import Any

import keras

from training.augment import Augmentation
from training.networks.layers import bounded, logits
from training.networks.spec import NetworkSpec
from training.recipes import Recipe

INPUT_SIZE = 64
_STEM = 32
_BLOCKS = ((64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *((512, 1),) * 5, (1024, 2), (1024, 1))
"""Output channels and stride of each block."""
_DROPOUT = 0.3


def build(input_shape: tuple[int, int, int], classes: int) -> Any:
    """Build the network for ``input_shape`` (height, width, channels), with logits of ``classes``."""
    inputs = keras.Input(input_shape, name="face")
    features = _normed(keras.layers.Conv2D(_STEM, 3, 2, padding="same", use_bias=False), inputs)
    for channels, stride in _BLOCKS:
        features = _normed(keras.layers.DepthwiseConv2D(3, stride, padding="same", use_bias=False), features)
        features = _normed(keras.layers.Conv2D(channels, 1, use_bias=False), features)
    features = keras.layers.GlobalAveragePooling2D()(features)
    features = keras.layers.Dropout(_DROPOUT)(features)
    return keras.Model(inputs, logits(features, classes), name="mobilenet-face")


def _normed(layer: Any, features: Any) -> Any:
    return bounded(keras.layers.BatchNormalization()(layer(features)))


MOBILENET_FACE = NetworkSpec(
    "mobilenet-face",
    "MobileNet v1, grey",
    build,
    Recipe(name="mobilenet-face", network="mobilenet-face", augmentation=Augmentation(worsen=0.2)),
    input_size=INPUT_SIZE,
    bfloat16=False,
)
