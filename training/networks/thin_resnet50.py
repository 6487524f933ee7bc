"""ResNet50 with a quarter of the channels: fifty layers deep, but small enough to ship.

Depth, bottlenecks and shortcuts are those of He et al., "Deep residual learning for image
recognition" (2016); Zagoruyko and Komodakis (2016) study the width of residual networks.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from training.networks.layers import bounded, normed

DEPTHS = (3, 4, 6, 3)
"""Bottlenecks of each stage, as in ResNet50."""
WIDTH = 16
"""Width of the first stage's bottlenecks, 64 in ResNet50; it doubles with each stage."""
MAP_FILTERS = 48
"""Channels of the maps from which points are predicted."""
REACH = 1.3
"""Extent of the coordinate grid; the picture's border is at 1."""
EXPANSION = 4
"""Expansion of a bottleneck's output."""


def build_thin_resnet50(
    input_shape: tuple[int, int, int], outputs: int, *, by_place: bool, name: str = "thin-resnet50"
) -> Any:
    """Build the network.

    Args:
        input_shape: Height, width, channels; with ``by_place``, sides must be divisible by 32.
        outputs: Number of outputs.
        by_place: Whether the outputs are points, x and y from −1 to 1 across the picture, each predicted by a heat map;
            otherwise the last maps are averaged.
        name: Name of the network.
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
    """Upsample and merge the stages (Lin et al. 2017), and return the mean position of each heat map.

    The mean position under a softmax (Sun et al. 2018, "Integral human pose regression") is trained on the points
    directly, in a fraction of the steps that a dense layer needed.
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
    """Set the coordinate grid, stretched beyond the picture, as means lie inside the grid."""
    layer = next(layer for layer in model.layers if layer.name.startswith("grid_"))
    height, width = map(int, layer.name.split("_")[1:])
    rows, columns = (np.linspace(-REACH, REACH, count, dtype=np.float32) for count in (height, width))
    grid = np.stack(np.meshgrid(columns, rows), axis=-1).reshape(-1, 2)
    layer.set_weights([grid])
    return model


def _bottleneck(features: Any, filters: int, stride: int) -> Any:
    """Add a bottleneck block; its shortcut is a convolution only where shapes change."""
    wide = filters * EXPANSION
    kept = features if features.shape[-1] == wide and stride == 1 else normed(features, wide, 1, stride)
    change = keras.layers.ReLU()(normed(features, filters, 1, stride))
    change = keras.layers.ReLU()(normed(change, filters, 3))
    return bounded(keras.layers.Add()([kept, normed(change, wide, 1)]))
