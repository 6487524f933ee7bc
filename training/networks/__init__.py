"""The registry of networks: one name per architecture. Adding one is a file and a line here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from emotion.errors import ModelError
from training.networks.vgg import build_vgg

Builder = Callable[[tuple[int, int, int], int], Any]
"""Takes the input shape and the number of classes, returns an untrained Keras model with logits."""

NETWORKS: dict[str, Builder] = {
    "vgg": build_vgg,
}


def build_network(name: str, input_shape: tuple[int, int, int], classes: int) -> Any:
    """Build an untrained network by name.

    Raises:
        ModelError: No network has this name.
    """
    if name not in NETWORKS:
        raise ModelError(f"expected a network out of {', '.join(NETWORKS)}; got {name!r}")
    return NETWORKS[name](input_shape, classes)
