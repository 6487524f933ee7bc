"""Times training steps of the default network with given options; :mod:`bench.training.measure` starts it."""

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
from training.recipes import DEFAULT

_WARM_UP = 4
_STEPS = 15


def main(options: list[str]) -> None:
    """Print the time of each step after the warm-up, ms, as a JSON list.

    Args:
        options: ``bfloat16`` (convolutions), ``fused`` (batch norms), both or none.
    """
    keras.utils.set_random_seed(DEFAULT.seed)
    if "bfloat16" in options:
        use_bfloat16(True)
    if "fused" in options:
        fuse_batch_norm()
    network, rng = _network(), np.random.default_rng(DEFAULT.seed)
    faces = rng.normal(size=(DEFAULT.batch_size, *network.input_shape[1:])).astype(np.float32)
    targets = np.full((DEFAULT.batch_size, network.output_shape[1]), 1 / network.output_shape[1], np.float32)
    times = []
    for _ in range(_WARM_UP + _STEPS):
        started = time.perf_counter()
        network.train_on_batch(faces, targets)
        times.append((time.perf_counter() - started) * 1000)
    print(json.dumps(times[_WARM_UP:]))


def _network() -> Any:
    """Return the default network with both heads, compiled for training."""
    heads = [len(FERPLUS.labels), len(FER2013.labels)]
    network = build_network(DEFAULT.network, sum(heads), DEFAULT.input_size)
    whole = Phase(0, DEFAULT.epochs, "all", DEFAULT.learning_rate)
    return compile_for(network, DEFAULT, whole, _WARM_UP + _STEPS, HeadsCrossentropy(heads))


if __name__ == "__main__":
    main(sys.argv[1:])
