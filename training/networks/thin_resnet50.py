"""ResNet50 with a quarter of the channels: fifty layers deep, small enough for a file that ships.

Depth, bottlenecks and shortcuts are those of He et al., "Deep residual learning for image
recognition" (2016); Zagoruyko and Komodakis (2016) examine the width as a factor of its own.
"""

from __future__ import annotations

from typing import Any

import keras

DEPTHS = (3, 4, 6, 3)
"""Bottlenecks of each stage, as in ResNet50."""
WIDTH = 16
"""Of the first stage's bottlenecks, where ResNet50 has 64; each further stage doubles it."""
EXPANSION = 4
"""How many times more channels a bottleneck has at its ends."""


def build_thin_resnet50(
    input_shape: tuple[int, int, int], outputs: int, *, by_place: bool, name: str = "thin-resnet50"
) -> Any:
    """Build the network.

    Args:
        input_shape: Height, width, channels.
        outputs: Numbers that it answers with, ``(n, outputs)``.
        by_place: Whether the last maps are read place by place, which tells where something is,
            rather than averaged, which tells whether it is there.
        name: Of the network.
    """
    inputs = keras.Input(input_shape, name="face")
    features = keras.layers.ReLU()(_normed(inputs, WIDTH, 7, stride=2))
    features = keras.layers.MaxPooling2D(3, 2, padding="same")(features)
    for stage, depth in enumerate(DEPTHS):
        for place in range(depth):
            features = _bottleneck(features, WIDTH * 2**stage, stride=2 if stage and not place else 1)
    pooled = keras.layers.Flatten()(features) if by_place else keras.layers.GlobalAveragePooling2D()(features)
    pooled = keras.layers.Dropout(0.1)(pooled)
    return keras.Model(inputs, keras.layers.Dense(outputs, name="logits")(pooled), name=name)


def _bottleneck(features: Any, filters: int, stride: int) -> Any:
    """Narrow, look around, widen; the shortcut is a convolution only where shapes change."""
    wide = filters * EXPANSION
    kept = features if features.shape[-1] == wide and stride == 1 else _normed(features, wide, 1, stride)
    change = keras.layers.ReLU()(_normed(features, filters, 1, stride))
    change = keras.layers.ReLU()(_normed(change, filters, 3))
    return keras.layers.ReLU()(keras.layers.Add()([kept, _normed(change, wide, 1)]))


def _normed(features: Any, filters: int, kernel: int, stride: int = 1) -> Any:
    layer = keras.layers.Conv2D(filters, kernel, stride, padding="same", use_bias=False, kernel_initializer="he_normal")
    return keras.layers.BatchNormalization()(layer(features))
