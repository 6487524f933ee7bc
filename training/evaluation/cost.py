"""What a network costs: multiply-adds for one face, counted layer by layer."""

from __future__ import annotations

import math
from typing import Any


def multiply_adds(model: Any) -> int:
    """Return the multiply-adds of convolutions and dense layers for one input.

    Batch norm is left out because export folds it into the convolutions, as are
    pooling and activations, which multiply nothing.

    Args:
        model: A built Keras model, channels last.
    """
    return sum(_layer_cost(layer) for layer in model.layers)


def _layer_cost(layer: Any) -> int:
    """Every weight of a convolution is used once per output position; of a dense layer, once per input row.

    Layers made of others (a network in a network) count what is inside.
    """
    if hasattr(layer, "layers"):
        return multiply_adds(layer)
    kernels = [weight for weight in layer.weights if "kernel" in weight.name]
    positions = math.prod(layer.output.shape[1:-1]) if kernels else 0
    return int(sum(math.prod(kernel.shape) for kernel in kernels) * positions)
