"""The training loss: the summed cross-entropies of a network's heads.

A head is a range of outputs for one label set. Most networks have one; networks for FER+ votes and the data set's own
labels have two on the same features.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import Any

import keras
import numpy as np

from training.data.targets import Examples
from training.recipes import Recipe

_PACKAGE = "training"

_LEAST_ALLOWED = 1e-6
"""Keeps the logarithm finite if a network rules out every possible label."""


def columns_of(sizes: Sequence[int]) -> list[slice]:
    """Return each head's outputs, given the number of its labels."""
    return [slice(first, last) for first, last in pairwise(accumulate(sizes, initial=0))]


@keras.saving.register_keras_serializable(_PACKAGE)
class HeadsCrossentropy(keras.losses.Loss):  # type: ignore[misc]
    """Sums the heads' cross-entropies; a head ignores faces whose targets are all zero.

    For partial labels the shares sum to less than 1. The rest is weighted with the cross-entropy of the possible
    labels: minus the logarithm of their summed probability.
    """

    def __init__(self, sizes: Sequence[int], handicaps: Sequence[float] | None = None, **options: Any) -> None:
        """Take the number of labels of each head, and constants added to the logits during training only."""
        super().__init__(**options)
        self.sizes = tuple(sizes)
        self.handicaps = None if handicaps is None else tuple(handicaps)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return ``(n,)`` losses of ``(n, k)`` logits, k the labels of all heads.

        Args:
            y_true: ``(n, k)`` shares, or ``(n, 2k)``: shares, then the 0/1 mask of possible labels.
            y_pred: The logits.
        """
        logits = keras.ops.cast(y_pred, "float32")
        if self.handicaps is not None:
            logits = logits + keras.ops.convert_to_tensor(self.handicaps, "float32")
        outputs = sum(self.sizes)
        losses = []
        for head in columns_of(self.sizes):
            shares, answers = y_true[:, head], keras.ops.log_softmax(logits[:, head])
            losses.append(-keras.ops.sum(shares * answers, axis=1))
            if y_true.shape[1] == 2 * outputs:
                possible = y_true[:, head.start + outputs : head.stop + outputs]
                allowed = keras.ops.sum(possible * keras.ops.exp(answers), axis=1)
                rest = keras.ops.maximum(1 - keras.ops.sum(shares, axis=1), 0)
                losses.append(-rest * keras.ops.log(keras.ops.maximum(allowed, _LEAST_ALLOWED)))
        return sum(losses[1:], losses[0])

    def get_config(self) -> dict[str, Any]:
        """Return the arguments for restoring the loss from a checkpoint."""
        return super().get_config() | {"sizes": self.sizes, "handicaps": self.handicaps}


@keras.saving.register_keras_serializable(_PACKAGE)  # type: ignore[untyped-decorator]
def mean_accuracy(y_true: Any, y_pred: Any, sizes: Sequence[int]) -> Any:
    """Return ``(n,)`` shares of heads whose largest output is at the largest target."""
    hits = [
        keras.ops.equal(keras.ops.argmax(y_true[:, head], axis=1), keras.ops.argmax(y_pred[:, head], axis=1))
        for head in columns_of(sizes)
    ]
    return keras.ops.mean(keras.ops.cast(keras.ops.stack(hits), "float32"), axis=0)


def heads_accuracy(sizes: Sequence[int]) -> Any:
    """Return the metric ``accuracy``: the mean accuracy over heads."""
    return keras.metrics.MeanMetricWrapper(mean_accuracy, name="accuracy", sizes=tuple(sizes))


def loss_of(recipe: Recipe, examples: Examples) -> HeadsCrossentropy:
    """Return a recipe's loss for the heads of its training examples."""
    adjustments = _logit_adjustments(examples, recipe.logit_adjustment) if recipe.logit_adjustment else None
    return HeadsCrossentropy([len(head.label_set) for head in examples.heads], adjustments)


def _logit_adjustments(examples: Examples, strength: float) -> list[float]:
    """Return strength × log of each label's share (Menon et al. 2021, equation 10).

    Added to the logits in training only, they make the network answer as if all labels were equally common (at
    strength 1).
    """
    shares = [head.shares.sum(axis=0, dtype=np.float64) for head in examples.heads]
    priors = np.concatenate([counts / counts.sum() for counts in shares])
    return [float(value) for value in strength * np.log(np.maximum(priors, 1e-6))]
