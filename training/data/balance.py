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


def balanced_shares(shares: FloatArray, weights: FloatArray, strength: float, most: float = 4.0) -> FloatArray:
    """Return sampling weights that show rare labels more often, with the same total.

    Args:
        shares: ``(n, k)`` targets; faces without any keep their weight.
        weights: ``(n,)``, how often each face is shown without balance.
        strength: 0 for not at all, 1 for all labels equally often.
        most: A face's weight grows at most by this factor.
    """
    totals = (shares * weights[:, np.newaxis]).sum(axis=0, dtype=np.float64)
    natural = totals / max(totals.sum(), 1e-9)
    factors = np.where(natural > 0, np.maximum(natural, 1e-9) ** -strength, 0.0)
    mass = shares.sum(axis=1)
    factor = np.where(mass > 0, (shares @ factors) / np.maximum(mass, 1e-9), 1.0)
    factor /= np.average(factor[mass > 0], weights=weights[mass > 0]) if (mass > 0).any() else 1.0
    balanced = weights * np.clip(np.where(mass > 0, factor, 1.0), 1 / most, most)
    return np.asarray(balanced * (weights.sum() / balanced.sum()), np.float32)


def repeated_order(weights: FloatArray, rng: np.random.Generator) -> NDArray[np.intp]:
    """Return rows in random order, each repeated by its weight; fractions are drawn at random.

    Args:
        weights: ``(n,)``, ≥ 0.
        rng: Source of the draw.
    """
    times = np.floor(weights).astype(np.intp) + (rng.random(len(weights)) < weights % 1)
    return rng.permutation(np.repeat(np.arange(len(weights)), times))


def balanced_order(shares: FloatArray, rng: np.random.Generator) -> NDArray[np.intp]:
    """Return as many rows as there are, drawn with replacement so that classes come equally often.

    Args:
        shares: ``(n, k)`` targets.
        rng: Source of the draw.
    """
    weights = sample_weights(shares).astype(np.float64)
    return rng.choice(len(shares), size=len(shares), p=weights / weights.sum())
