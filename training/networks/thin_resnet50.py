"""ResNet50 with a quarter of the channels: fifty layers deep, small enough for a file that ships.

Depth, bottlenecks and shortcuts are those of He et al., "Deep residual learning for image
recognition" (2016); Zagoruyko and Komodakis (2016) examine the width as a factor of its own.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from training.networks.layers import bounded, normed

DEPTHS = (3, 4, 6, 3)
"""Bottlenecks of each stage, as in ResNet50."""
WIDTH = 16
"""Of the first stage's bottlenecks, where ResNet50 has 64; each further stage doubles it."""
MAP_FILTERS = 48
"""Of the maps on which points are looked for."""
REACH = 1.3
"""Of the grid of places, where the picture's border is 1."""
EXPANSION = 4
"""How many times more channels a bottleneck has at its ends."""


def build_thin_resnet50(
    input_shape: tuple[int, int, int], outputs: int, *, by_place: bool, name: str = "thin-resnet50"
) -> Any:
    """Build the network.

    Args:
        input_shape: Height, width, channels; sides divisible by 32 where it answers by place.
        outputs: Numbers that it answers with, ``(n, outputs)``.
        by_place: Whether these are points, x and y in turn from −1 to 1 across the picture, each
            looked for on a map of places; otherwise the last maps are averaged.
        name: Of the network.
    """
    inputs = keras.Input(input_shape, name="face")
    features = keras.layers.ReLU()(normed(inputs, WIDTH, 7, stride=2))
    features = keras.layers.MaxPooling2D(3, 2, padding="same")(features)
    stages = []
    for stage, depth in enumerate(DEPTHS):
        for place in range(depth):
            features = _bottleneck(features, WIDTH * 2**stage, stride=2 if stage and not place else 1)
        stages.append(features)
    if by_place:
        return _with_grid(keras.Model(inputs, _points(stages[1:], outputs // 2), name=name))
    pooled = keras.layers.GlobalAveragePooling2D()(features)
    return keras.Model(inputs, keras.layers.Dense(outputs, name="logits")(pooled), name=name)


def _points(stages: list[Any], points: int) -> Any:
    """Bring the stages to the size of the first of them (Lin et al. 2017), and answer with each map's mean place.

    The mean place under a softmax (Sun et al. 2018, "Integral human pose regression") is learned from the points
    themselves, in a fraction of the steps that a dense layer over all places took.
    """
    features = normed(stages[-1], MAP_FILTERS, 1)
    for stage in reversed(stages[:-1]):
        above = keras.layers.UpSampling2D(2)(keras.layers.ReLU()(features))
        features = bounded(keras.layers.Add()([above, normed(stage, MAP_FILTERS, 1)]))
    features = keras.layers.ReLU()(normed(features, MAP_FILTERS, 3))
    maps = keras.layers.Conv2D(points, 1, name="maps")(features)
    height, width = maps.shape[1:3]
    likely = keras.layers.Softmax()(keras.layers.Permute((2, 1))(keras.layers.Reshape((height * width, points))(maps)))
    places = keras.layers.Dense(2, use_bias=False, trainable=False, name=f"grid_{height}_{width}")(likely)
    return keras.layers.Flatten(name="logits")(places)


def _with_grid(model: Any) -> Any:
    """Set where the middle of each place lies, stretched: means lie inside the grid, points may lie at the edge."""
    layer = next(layer for layer in model.layers if layer.name.startswith("grid_"))
    height, width = map(int, layer.name.split("_")[1:])
    rows, columns = (np.linspace(-REACH, REACH, count, dtype=np.float32) for count in (height, width))
    grid = np.stack(np.meshgrid(columns, rows), axis=-1).reshape(-1, 2)
    layer.set_weights([grid])
    return model


def _bottleneck(features: Any, filters: int, stride: int) -> Any:
    """Narrow, look around, widen; the shortcut is a convolution only where shapes change."""
    wide = filters * EXPANSION
    kept = features if features.shape[-1] == wide and stride == 1 else normed(features, wide, 1, stride)
    change = keras.layers.ReLU()(normed(features, filters, 1, stride))
    change = keras.layers.ReLU()(normed(change, filters, 3))
    return bounded(keras.layers.Add()([kept, normed(change, wide, 1)]))
