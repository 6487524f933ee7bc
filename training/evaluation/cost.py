"""Counts a network's multiply-adds for one face."""

from __future__ import annotations

import math
from typing import Any


def multiply_adds(model: Any) -> int:
    """Return the multiply-adds of convolutions and dense layers for one input.

    Batch norms are left out, since export folds them into the convolutions; so are pooling and activations.

    Args:
        model: A built Keras model, channels last.
    """
    return sum(_layer_cost(layer) for layer in model.layers)


def _layer_cost(layer: Any) -> int:
    """Return the multiply-adds of a layer or nested network: each weight counts once per output position."""
    if hasattr(layer, "layers"):
        return multiply_adds(layer)
    kernels = [weight for weight in layer.weights if "kernel" in weight.name]
    positions = math.prod(layer.output.shape[1:-1]) if kernels else 0
    return int(sum(math.prod(kernel.shape) for kernel in kernels) * positions)
