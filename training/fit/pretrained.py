"""Loads initial Keras weights from a local file; nothing is downloaded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras

from emotion.errors import ModelError, brief
from training.networks.spec import PRETRAINED_END


def load_keras_weights(model: Any, file: Path) -> str:
    """Load weights into a network, or into the part before its head.

    Args:
        model: A network of the registry.
        file: Weights of the whole network, or of its pretrained part: for the networks of
            ``keras.applications`` the files whose names end in ``notop.h5``.

    Returns:
        A description of what was loaded.

    Raises:
        ModelError: The file fits neither.
    """
    parts = {f"all of {model.name}": model}
    if any(layer.name == PRETRAINED_END for layer in model.layers):
        parts[f"{model.name} without its head"] = keras.Model(model.inputs, model.get_layer(PRETRAINED_END).output)
    reasons = []
    for part, network in parts.items():
        try:
            network.load_weights(file)
        except (OSError, ValueError, KeyError, TypeError) as error:
            reasons.append(f"{part}: {brief(error)}")
        else:
            return f"weights of {part} from {file.name}"
    raise ModelError(f"expected weights for {' or '.join(parts)} in {file.name}; {'; '.join(reasons)}")
