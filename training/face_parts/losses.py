"""Losses of the networks of face parts. Unknown targets are NaN."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable("emotion")  # type: ignore[untyped-decorator]
def parts_loss(targets: Any, logits: Any) -> Any:
    """Return the mean cross-entropy per pixel plus one minus the soft Dice coefficient (Milletari et al. 2016).

    The cross-entropy is smooth at the start of training; Dice gives small and large parts the same weight.

    Args:
        targets: ``(n, h, w, parts)`` of 0, 1 or NaN.
        logits: The same shape.
    """
    known, truth = _known(targets)
    entropy = ops.relu(logits) - logits * truth + ops.log1p(ops.exp(-ops.abs(logits)))
    found = ops.sigmoid(logits) * known
    both = ops.sum(found * truth, axis=(1, 2))
    areas = ops.sum(found, axis=(1, 2)) + ops.sum(truth, axis=(1, 2))
    return _mean(entropy, known) + ops.mean(1 - (2 * both + 1) / (areas + 1))


@keras.saving.register_keras_serializable("emotion")  # type: ignore[untyped-decorator]
def points_loss(targets: Any, answers: Any) -> Any:
    """Return the mean absolute error of known coordinates.

    Args:
        targets: ``(n, 30)``, −1–1 across the picture, or NaN.
        answers: The same shape.
    """
    known, truth = _known(targets)
    return _mean(ops.abs(answers - truth), known)


@keras.saving.register_keras_serializable("emotion")  # type: ignore[untyped-decorator]
def presence_loss(targets: Any, logits: Any) -> Any:
    """Return the mean binary cross-entropy.

    Args:
        targets: ``(n, 1)`` of 0 and 1.
        logits: The same shape.
    """
    return ops.mean(keras.losses.binary_crossentropy(targets, logits, from_logits=True))


def _known(targets: Any) -> tuple[Any, Any]:
    unknown = ops.isnan(targets)
    return 1 - ops.cast(unknown, targets.dtype), ops.where(unknown, ops.zeros_like(targets), targets)


def _mean(values: Any, known: Any) -> Any:
    return ops.sum(values * known) / ops.maximum(ops.sum(known), 1)
