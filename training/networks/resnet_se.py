"""A small residual network with squeeze-and-excitation for 48×48 faces.

Residual blocks after K. He et al., CVPR 2016 (arXiv:1512.03385); squeeze-and-excitation after
J. Hu et al., CVPR 2018 (arXiv:1709.01507). Batch norms follow their convolutions and precede the sum, so that export
can fold all of them into the convolutions.
"""

from __future__ import annotations

from typing import Any

import keras

from training.networks.layers import excite, logits, normed
from training.networks.spec import NetworkSpec
from training.recipes import Recipe

STAGES: tuple[tuple[int, int], ...] = ((32, 1), (64, 2), (128, 2), (256, 2))
"""(filters, blocks) of each stage. Every stage but the first halves the resolution, so 3×3 convolutions cost the same
in all; the
first has one block, as its large maps take the longest to read and write."""


def build_resnet_se(input_shape: tuple[int, int, int], classes: int) -> Any:
    """Build a stem, four stages of residual blocks, global pooling and the output layer."""
    inputs = keras.Input(input_shape, name="face")
    features = keras.layers.ReLU()(normed(inputs, STAGES[0][0], 3))
    for stage, (filters, blocks) in enumerate(STAGES):
        for block in range(blocks):
            features = _residual(features, filters, strides=2 if stage and not block else 1)
    features = keras.layers.GlobalAveragePooling2D()(features)
    features = keras.layers.Dropout(0.3)(features)
    return keras.Model(inputs, logits(features, classes), name="resnet-se")


def _residual(features: Any, filters: int, *, strides: int) -> Any:
    """Add a residual block: two convolutions with squeeze-and-excitation."""
    kept = features if strides == 1 and features.shape[-1] == filters else normed(features, filters, 1, strides)
    change = keras.layers.ReLU()(normed(features, filters, 3, strides))
    change = excite(normed(change, filters, 3))
    return keras.layers.ReLU()(keras.layers.Add()([kept, change]))


RESNET_SE = NetworkSpec(
    "resnet-se",
    "Small residual network with squeeze-and-excitation",
    build_resnet_se,
    Recipe(name="resnet-se", network="resnet-se", epochs=40),
)
