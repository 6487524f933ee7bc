"""Batch norm's statistics, measured anew for the weights that are judged and shipped."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import keras
import numpy as np

from emotion.types import FloatArray
from training.data.inputs import BATCH, InputForm
from training.data.targets import Examples

BATCH_NORM_FACES = 2560
"""More change the statistics by less than they vary between batches."""


def recompute_batch_norm(model: Any, batches: Iterable[FloatArray]) -> None:
    """Replace every trained batch norm's running mean and variance by their means over some batches.

    The running ones cannot be trusted. Averaged weights never saw data, so their statistics belong
    to no network (Izmailov et al. 2018, section 3.2). And where the graph is rewritten to bfloat16,
    the running update moves by a hundredth, which eight bits of precision round away: the
    statistics stay behind the network, further as its steps get smaller.

    Args:
        model: A Keras model; called outside any graph, thus in float32.
        batches: Inputs as in training, ``(b, s, s, c)`` float32 each.
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
    """Yield unvaried training faces, as the network meets them in use: the same ones each time.

    Full batches only, unless there is not even one: a single face has no variance to add.
    """
    rows = np.random.default_rng(0).permutation(len(examples))[:BATCH_NORM_FACES]
    for start in range(0, max(len(rows) - BATCH + 1, 1), BATCH):
        yield form.prepare(examples.images[rows[start : start + BATCH]])


def _batch_norms(model: Any) -> list[Any]:
    """Return the batch norms of a network and of the networks inside it."""
    found = []
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            found.append(layer)
        elif hasattr(layer, "layers"):
            found.extend(_batch_norms(layer))
    return found
