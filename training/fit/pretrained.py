"""Weights that somebody else learned, from a file that the user has; nothing is downloaded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras

from emotion.errors import ModelError
from training.networks.spec import PRETRAINED_END


def load_keras_weights(model: Any, file: Path) -> str:
    """Fill a network, or the part of it that comes before the head, with weights.

    Args:
        model: A network out of the registry.
        file: Weights of the whole network, or of its pretrained part: for the networks of
            ``keras.applications`` the files whose names end in ``notop.h5``.

    Returns:
        What was filled, for people.

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
            reasons.append(f"{part}: {(str(error).strip().splitlines() or ['?'])[0]}")
        else:
            return f"weights of {part} from {file.name}"
    raise ModelError(f"expected weights for {' or '.join(parts)} in {file.name}; {'; '.join(reasons)}")
