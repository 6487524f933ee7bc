"""Class balance: loss weights and sampling weights for rare classes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from emotion.types import FloatArray


def class_weights(shares: FloatArray) -> FloatArray:
    """Return class weights under which all classes count the same, with mean 1 over faces.

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
    """Return each face's weight, ``(n,)`` float32: the mean of its class weights by its shares."""
    return np.asarray(shares @ class_weights(shares), np.float32)


def balanced_shares(shares: FloatArray, weights: FloatArray, strength: float, most: float = 4.0) -> FloatArray:
    """Return sampling weights that favour rare labels, with the same total.

    Args:
        shares: ``(n, k)`` targets; faces without a target keep their weight.
        weights: ``(n,)`` sampling weights without balance.
        strength: 0 for no balance, 1 for equal frequency of all labels.
        most: Largest factor on a face's weight.
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
    """Return rows in random order, each repeated by its weight; fractions are rounded at random.

    Args:
        weights: ``(n,)``, ≥ 0.
        rng: Random generator.
    """
    times = np.floor(weights).astype(np.intp) + (rng.random(len(weights)) < weights % 1)
    return rng.permutation(np.repeat(np.arange(len(weights)), times))


def balanced_order(shares: FloatArray, rng: np.random.Generator) -> NDArray[np.intp]:
    """Return ``n`` rows sampled with replacement so that classes are equally frequent.

    Args:
        shares: ``(n, k)`` targets.
        rng: Random generator.
    """
    weights = sample_weights(shares).astype(np.float64)
    return rng.choice(len(shares), size=len(shares), p=weights / weights.sum())
