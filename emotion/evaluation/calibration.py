"""Calibration of probabilities: reliability diagram, calibration error and temperature scaling."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_softmax, logsumexp

from emotion.evaluation.metrics import Labels, expect_pairs
from emotion.types import FloatArray

BINS = 15
"""As in Guo et al. 2017."""

_LOG_TEMPERATURES = (float(np.log(0.05)), float(np.log(20.0)))
"""Bounds of the search; temperatures of usable networks lie well inside."""


def reliability_bins(probabilities: FloatArray, truth: Labels, bins: int = BINS) -> list[dict[str, float | int | None]]:
    """Return a reliability diagram (Niculescu-Mizil and Caruana 2005).

    Args:
        probabilities: ``(n, k)``, rows summing to 1.
        truth: ``(n,)`` true labels.
        bins: Number of bins of equal width over 0–1, each open below and closed above.

    Returns:
        Per bin ``low``, ``high``, ``count``, and the mean ``confidence`` and ``accuracy``, None if it is empty.
    """
    expect_pairs(truth, probabilities)
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == truth
    number = np.clip(np.ceil(confidence.astype(np.float64) * bins).astype(int) - 1, 0, bins - 1)
    table: list[dict[str, float | int | None]] = []
    for index in range(bins):
        inside = number == index
        count = int(inside.sum())
        table.append(
            {
                "low": index / bins,
                "high": (index + 1) / bins,
                "count": count,
                "confidence": float(confidence[inside].mean()) if count else None,
                "accuracy": float(right[inside].mean()) if count else None,
            }
        )
    return table


def expected_calibration_error(probabilities: FloatArray, truth: Labels) -> float:
    """Return the mean gap between probability and accuracy, 0–1, weighted by bin size (Guo et al. 2017, eq. 3)."""
    table = reliability_bins(probabilities, truth)
    gaps = [
        row["count"] * abs(row["confidence"] - row["accuracy"])
        for row in table
        if row["count"] and row["confidence"] is not None and row["accuracy"] is not None
    ]
    return float(sum(gaps) / len(truth))


def fit_temperature(logits: FloatArray, truth: Labels, weights: NDArray[Any] | None = None) -> float:
    """Return the temperature at which answers are right as often as their probability (Guo et al. 2017, section 4.2).

    Maximises the likelihood of each answer being right or wrong, one of the binary problems to which C. Gupta and
    A. Ramdas (ICLR 2022, arXiv:2107.08353) reduce calibration, not that of the true label. With the latter, networks
    trained on smoothed labels become overconfident, as it also fits the probabilities of the other labels.

    Args:
        logits: ``(n, k)`` logits of faces that were not trained on.
        truth: ``(n,)`` true labels.
        weights: ``(n,)`` weights ≥ 0; equal by default.

    Returns:
        The divisor of logits before softmax; above 1 for overconfident networks.
    """
    expect_pairs(truth, logits)
    answers = logits.argmax(axis=1)
    right, scores = answers == truth, logits.astype(np.float64)
    others = np.arange(scores.shape[1]) != answers[:, None]

    def loss(log_temperature: float) -> float:
        each = log_softmax(scores / np.exp(log_temperature), axis=1)
        wrong = logsumexp(np.where(others, each, -np.inf), axis=1)
        return -float(np.average(np.where(right, each.max(axis=1), wrong), weights=weights))

    from scipy.optimize import minimize_scalar  # noqa: PLC0415 – only training fits

    return float(np.exp(minimize_scalar(loss, bounds=_LOG_TEMPERATURES, method="bounded").x))
