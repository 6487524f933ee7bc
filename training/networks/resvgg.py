"""Our own network: a VGG with shortcuts, squeeze-and-excitation and a learned weight per place of the face.

Everything but the last is as in ``vgg`` and ``resnet_se``. Faces come aligned, so that eyes, nose
and mouth lie at the same places of the last maps: a depthwise convolution as large as the map
learns where each feature matters, while global pooling would forget where it was seen (S. Chen
et al., MobileFaceNets, CCBR 2018, arXiv:1804.07573).
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import keras

from training.networks.layers import excite, logits, normed
from training.networks.spec import NetworkSpec
from training.recipes import DEFAULT

STEM = 32
"""Filters of the one convolution at full size, where maps take longest to read and write."""

STAGES = (64, 128, 320)
"""Filters of the stages. Each halves the picture first and has three convolutions."""


def build_resvgg(
    input_shape: tuple[int, int, int],
    classes: int,
    *,
    width: float = 1.0,
    excited: bool = True,
    by_place: bool = True,
    name: str = "resvgg",
) -> Any:
    """Build a stem, three residual stages, the weighting by place, and the output layer.

    Args:
        input_shape: Height, width, channels.
        classes: Number of outputs.
        width: Times the usual number of filters.
        excited: Whether stages weigh their channels; the ablation asks what that is worth.
        by_place: Whether places are weighed, too, rather than averaged; so does it here.
        name: Of the network.
    """
    inputs = keras.Input(input_shape, name="face")
    features = keras.layers.ReLU()(normed(inputs, round(width * STEM)))
    for filters in STAGES:
        features = _stage(keras.layers.MaxPooling2D(2)(features), round(width * filters), excited=excited)
    features = _by_place(features) if by_place else keras.layers.GlobalAveragePooling2D()(features)
    features = keras.layers.Dropout(0.4)(features)
    return keras.Model(inputs, logits(features, classes), name=name)


def _by_place(features: Any) -> Any:
    """Sum each channel's map with weights of its own."""
    features = keras.layers.DepthwiseConv2D(features.shape[1], use_bias=False)(features)
    return keras.layers.Flatten()(keras.layers.BatchNormalization()(features))


def _stage(features: Any, filters: int, *, excited: bool) -> Any:
    """Widen, then add two convolutions, weighted per channel, to what they saw."""
    kept = keras.layers.ReLU()(normed(features, filters))
    change = keras.layers.ReLU()(normed(kept, filters))
    change = normed(change, filters)
    change = excite(change) if excited else change
    return keras.layers.ReLU()(keras.layers.Add()([kept, change]))


def _spec(name: str, title: str, **options: Any) -> NetworkSpec:
    return NetworkSpec(
        name, title, partial(build_resvgg, name=name, **options), replace(DEFAULT, name=name, network=name)
    )


RESVGG = _spec("resvgg", "Residual VGG, faces weighed by place")
RESVGG_HALF = _spec("resvgg-half", "Residual VGG, half the filters", width=0.5)
RESVGG_HALF_POOLED = _spec("resvgg-half-pooled", "The half one with global pooling", width=0.5, by_place=False)
RESVGG_HALF_PLAIN = _spec("resvgg-half-plain", "The half one without squeeze-and-excitation", width=0.5, excited=False)
