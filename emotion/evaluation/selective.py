"""Selective classification: which answers to withhold as unclear, and what that costs and gains."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emotion.evaluation.metrics import expect_pairs
from emotion.types import FloatArray

COVERAGE_POINTS = 50

_LIMITS = np.arange(10_001) / 10_000
"""Candidate limits; cards state four digits."""


def abstention_threshold(
    confidence: FloatArray, right: NDArray[np.bool_], weights: NDArray[Any] | None = None
) -> float:
    """Return the probability below which an answer is more likely wrong than right.

    Fits accuracy as a rising function of probability by isotonic regression (Zadrozny and Elkan 2002).

    Args:
        confidence: ``(n,)`` probability of each answer, 0–1, on faces that were not trained on.
        right: ``(n,)`` whether it is right.
        weights: ``(n,)`` weights ≥ 0; equal by default.

    Returns:
        The smallest of these probabilities at which the fit reaches 0.5; 0 if it always does, 1 if it never does.
    """
    expect_pairs(right, confidence)
    values = confidence.astype(np.float64)
    from sklearn.isotonic import IsotonicRegression  # noqa: PLC0415 – a second to import

    regression = IsotonicRegression(y_min=0, y_max=1)
    fitted = regression.fit_transform(values, right.astype(np.float64), sample_weight=weights)
    likely = values[fitted >= 0.5]
    if len(likely) == len(values):
        return 0.0
    return float(likely.min()) if len(likely) else 1.0


def accuracy_threshold(
    confidences: Sequence[FloatArray],
    rights: Sequence[NDArray[np.bool_]],
    at_least: float,
    lowest: float = 0.0,
) -> float:
    """Return the lowest limit with a given accuracy above it on each of several sets of faces.

    Args:
        confidences: Per set, ``(n,)`` probability of each answer, 0–1, on faces that were not trained on.
        rights: Per set, ``(n,)`` whether each answer is right.
        at_least: Accuracy of the answers at or above the limit, 0–1, that every set must reach.
        lowest: Lowest candidate limit, 0–1.

    Returns:
        A multiple of 1/10,000; 1 if no limit is high enough.
    """
    limits = _LIMITS[lowest <= _LIMITS]
    reached = np.ones(len(limits), bool)
    for confidence, right in zip(confidences, rights, strict=True):
        expect_pairs(right, confidence)
        order = np.argsort(confidence, kind="stable")
        first = np.searchsorted(confidence[order].astype(np.float64), limits)
        right_from = np.append(np.cumsum(right[order][::-1])[::-1], 0)
        given = len(confidence) - first
        reached &= (given > 0) & (right_from[first] >= at_least * given)
    return float(limits[reached][0]) if reached.any() else 1.0


def coverage_curve(
    confidence: FloatArray, right: NDArray[np.bool_], points: int = COVERAGE_POINTS
) -> list[tuple[float, float]]:
    """Return accuracy against coverage if only the most confident answers are given (El-Yaniv and Wiener 2010).

    Args:
        confidence: ``(n,)`` probability of each answer.
        right: ``(n,)`` whether it is right.
        points: Maximum number of points; answers of equal probability share one.

    Returns:
        (coverage, accuracy) pairs, 0–1, in order of falling coverage.
    """
    expect_pairs(right, confidence)
    falling = np.sort(confidence)[::-1]
    counts = np.ceil(len(falling) * np.arange(points, 0, -1) / points).astype(int)
    lowest = dict.fromkeys(float(falling[count - 1]) for count in counts)
    return [_answered(confidence, right, least) for least in lowest]


def abstention(confidence: FloatArray, right: NDArray[np.bool_], abstain_below: float) -> dict[str, float | None]:
    """Return ``abstain_below``, the ``coverage`` at this limit, and the ``accuracy`` there, None without answers."""
    expect_pairs(right, confidence)
    if not (confidence >= abstain_below).any():
        return {"abstain_below": abstain_below, "coverage": 0.0, "accuracy": None}
    coverage, accuracy = _answered(confidence, right, abstain_below)
    return {"abstain_below": abstain_below, "coverage": coverage, "accuracy": accuracy}


def _answered(confidence: FloatArray, right: NDArray[np.bool_], least: float) -> tuple[float, float]:
    """Return the share of answers of at least this probability, and their accuracy; there must be some."""
    given = confidence >= least
    return float(given.mean()), float(right[given].mean())
