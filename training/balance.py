"""Rare classes: weighed more in the loss, or drawn more often."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from emotion.types import FloatArray


def class_weights(shares: FloatArray) -> FloatArray:
    """Return the weights with which every class counts the same, and a face 1 on average.

    Args:
        shares: ``(n, k)`` targets, each row summing to 1.

    Returns:
        ``(k,)`` float32, n / (k · faces of the class); 0 for a class without faces.
    """
    counts = shares.sum(axis=0, dtype=np.float64)
    present = np.count_nonzero(counts)
    weights = np.divide(len(shares) / present, counts, out=np.zeros_like(counts), where=counts > 0)
    return weights.astype(np.float32)


def sample_weights(shares: FloatArray) -> FloatArray:
    """Return each face's weight, ``(n,)`` float32: its classes' weights by their shares."""
    return np.asarray(shares @ class_weights(shares), np.float32)


def balanced_order(shares: FloatArray, rng: np.random.Generator) -> NDArray[np.intp]:
    """Return as many rows as there are, drawn with replacement so that classes come equally often.

    Args:
        shares: ``(n, k)`` targets.
        rng: Source of the draw.
    """
    weights = sample_weights(shares).astype(np.float64)
    return rng.choice(len(shares), size=len(shares), p=weights / weights.sum())
