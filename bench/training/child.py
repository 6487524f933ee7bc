"""Times training steps of a recipe's network with given options; :mod:`bench.training.measure` starts it."""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import keras
import numpy as np

from emotion.labels import FER2013, FERPLUS
from training.fit.backend import use_bfloat16
from training.fit.fused_norm import fuse_batch_norm
from training.fit.losses import HeadsCrossentropy
from training.fit.optimise import Phase, compile_for
from training.networks import build_network
from training.recipes import BOTH, Recipe
from training.rounds import find_recipe

_WARM_UP = 4
_STEPS = 15


def main(name: str, options: list[str]) -> None:
    """Print the time of each step after the warm-up, ms, as a JSON list.

    Args:
        name: Name of the recipe.
        options: ``bfloat16`` (convolutions), ``fused`` (batch norms), both or none.
    """
    recipe = find_recipe(name)
    keras.utils.set_random_seed(recipe.seed)
    if "bfloat16" in options:
        use_bfloat16(True)
    if "fused" in options:
        fuse_batch_norm()
    network, rng = _network(recipe), np.random.default_rng(recipe.seed)
    faces = rng.normal(size=(recipe.batch_size, *network.input_shape[1:])).astype(np.float32)
    targets = np.full((recipe.batch_size, network.output_shape[1]), 1 / network.output_shape[1], np.float32)
    times = []
    for _ in range(_WARM_UP + _STEPS):
        started = time.perf_counter()
        network.train_on_batch(faces, targets)
        times.append((time.perf_counter() - started) * 1000)
    print(json.dumps(times[_WARM_UP:]))


def _network(recipe: Recipe) -> Any:
    """Return the recipe's network, compiled for training."""
    heads = [len(FERPLUS.labels), len(FER2013.labels)] if recipe.targets == BOTH else [len(FERPLUS.labels)]
    network = build_network(recipe.network, sum(heads), recipe.input_size)
    whole = Phase(0, recipe.epochs, "all", recipe.learning_rate)
    return compile_for(network, recipe, whole, _WARM_UP + _STEPS, HeadsCrossentropy(heads))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
