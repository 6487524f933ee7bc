"""Recomputes batch-norm statistics for the weights that are validated and exported."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import keras
import numpy as np

from emotion.types import FloatArray
from training.data.balance import repeated_order
from training.data.inputs import BATCH, InputForm
from training.data.targets import Examples

BATCH_NORM_FACES = 2560
"""With more faces, statistics change less than they vary between batches."""


def recompute_batch_norm(model: Any, batches: Iterable[FloatArray]) -> None:
    """Replace the running mean and variance of every trainable batch norm by their means over some batches.

    Averaged weights have no statistics of their own (Izmailov et al. 2018, section 3.2). In bfloat16, running
    statistics also lag behind, because an update of one hundredth is rounded away.

    Args:
        model: A Keras model; it is called eagerly, thus in float32.
        batches: Network inputs, ``(b, s, s, c)`` float32 each.
    """
    layers = [layer for layer in _batch_norms(model) if layer.trainable]
    momenta = [layer.momentum for layer in layers]
    for count, faces in enumerate(batches if layers else ()):
        for layer in layers:
            layer.momentum = count / (count + 1)
        model(faces, training=True)
    for layer, momentum in zip(layers, momenta, strict=True):
        layer.momentum = momentum


def batch_norm_batches(examples: Examples, form: InputForm) -> Iterator[FloatArray]:
    """Yield unaugmented training faces, always the same, sampled with the weights of training.

    Only full batches, if there is one: the variance of a few faces would distort the mean.
    """
    rng = np.random.default_rng(0)
    weights = examples.weights
    order = rng.permutation(len(examples)) if weights is None else repeated_order(weights, rng)
    rows = order[:BATCH_NORM_FACES]
    for start in range(0, max(len(rows) - BATCH + 1, 1), BATCH):
        yield form.prepare(examples.images[rows[start : start + BATCH]])


def _batch_norms(model: Any) -> list[Any]:
    """Return the batch norms of a network, including nested networks."""
    found = []
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            found.append(layer)
        elif hasattr(layer, "layers"):
            found.extend(_batch_norms(layer))
    return found
