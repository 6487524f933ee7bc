"""How good a classifier is: pure functions of answers and truths.

Everywhere ``n`` faces are answered over ``k`` labels; ``truth`` is ``(n,)`` integers 0 … k−1.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, logsumexp
from scipy.stats import binomtest
from sklearn.isotonic import IsotonicRegression
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

from emotion.types import FloatArray

Labels = NDArray[Any]
"""``(n,)`` integers 0 … k−1."""

CALIBRATION_BINS = 15
"""As in Guo et al. 2017."""

COVERAGE_POINTS = 50

_LIMITS = np.arange(10_001) / 10_000
"""Limits of probability that are considered: cards state four digits."""

_LOG_TEMPERATURES = (float(np.log(0.05)), float(np.log(20.0)))
"""Bounds of the search; a sensible network lies well inside."""


def class_report(truth: Labels, answers: Labels, labels: Sequence[str]) -> dict[str, Any]:
    """Compare answers with the truth, over all faces and label by label.

    Args:
        truth: ``(n,)`` right labels.
        answers: ``(n,)`` given labels.
        labels: Name of each label.

    Returns:
        ``n``; ``accuracy``; ``balanced_accuracy``, the mean recall of the labels that occur
        (Brodersen et al. 2010); ``macro_f1``, the plain mean of all labels' F1; ``per_class``,
        each label's precision, recall, F1 and support; ``confusion_matrix``, counts, rows true,
        columns answered. All but counts are 0–1.

    Raises:
        ValueError: There are no faces, or not as many answers as truths.
    """
    _expect_pairs(truth, answers)
    codes = np.arange(len(labels))
    table = precision_recall_fscore_support(truth, answers, labels=codes, zero_division=0)
    precision, recall, f1, support = table
    rows = zip(labels, precision, recall, f1, support, strict=True)
    return {
        "n": len(truth),
        "accuracy": float(np.mean(truth == answers)),
        "balanced_accuracy": float(np.mean(recall[support > 0])),
        "macro_f1": float(np.mean(f1)),
        "per_class": {
            label: {"precision": float(p), "recall": float(r), "f1": float(f), "support": int(s)}
            for label, p, r, f, s in rows
        },
        "confusion_matrix": confusion_matrix(truth, answers, labels=codes).tolist(),
    }


def bootstrap_interval(
    values: NDArray[Any], *, level: float = 0.95, resamples: int = 2000, seed: int = 0
) -> tuple[float, float]:
    """Return the percentile bootstrap interval of a mean (Efron and Tibshirani 1993, chapter 13).

    Args:
        values: ``(n,)``, such as 1 for each right answer and 0 for each wrong one.
        level: Share of the resampled means that the interval holds.
        resamples: How often ``n`` values are drawn with replacement.
        seed: Of the draws.
    """
    if not len(values):
        raise ValueError("expected at least one value to resample; got none")
    rng = np.random.default_rng(seed)
    means = [values[rng.integers(0, len(values), len(values))].mean() for _ in range(resamples)]
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def wilson_interval(successes: int, trials: int, level: float = 0.95) -> tuple[float, float]:
    """Return the score interval of a share (Wilson 1927), which holds for small numbers and near 0 and 1 as well.

    Args:
        successes: How many, at most ``trials``.
        trials: Of how many; of none nothing is known, which is 0–1.
        level: How often such intervals hold the true share.
    """
    if not trials:
        return 0.0, 1.0
    interval = binomtest(successes, trials).proportion_ci(level, "wilson")
    return float(interval.low), float(interval.high)


def reliability_bins(
    probabilities: FloatArray, truth: Labels, bins: int = CALIBRATION_BINS
) -> list[dict[str, float | int | None]]:
    """Group answers by their probability and compare it with how often they are right.

    Args:
        probabilities: ``(n, k)``, rows summing to 1.
        truth: ``(n,)`` right labels.
        bins: Number of bins of equal width over 0–1, each open below and closed above.

    Returns:
        Per bin ``low``, ``high``, ``count``, and the mean ``confidence`` and ``accuracy`` of its
        answers (None if it is empty): a reliability diagram (Niculescu-Mizil and Caruana 2005).
    """
    _expect_pairs(truth, probabilities)
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


def expected_calibration_error(probabilities: FloatArray, truth: Labels, bins: int = CALIBRATION_BINS) -> float:
    """Return the mean gap between probability and accuracy, 0–1, weighted by bin size.

    Equation 3 of C. Guo et al., "On Calibration of Modern Neural Networks", ICML 2017,
    after Naeini et al. 2015.
    """
    table = reliability_bins(probabilities, truth, bins)
    gaps = [
        row["count"] * abs(row["confidence"] - row["accuracy"])
        for row in table
        if row["count"] and row["confidence"] is not None and row["accuracy"] is not None
    ]
    return float(sum(gaps) / len(truth))


def fit_temperature(logits: FloatArray, truth: Labels, weights: NDArray[Any] | None = None) -> float:
    """Return the temperature at which answers are right as often as they say.

    Temperature scaling is section 4.2 of Guo et al. 2017. What is made most likely is not the truth among all
    labels, but that each answer is right or wrong: one of the binary problems to which C. Gupta and A. Ramdas
    (ICLR 2022, arXiv:2107.08353) reduce calibration, and what an answer's probability is read as. Networks that
    learned smoothed labels would otherwise be made too sure of their answers to mend what they say of the rest.

    Args:
        logits: ``(n, k)`` raw scores of faces that were not trained on.
        truth: ``(n,)`` right labels.
        weights: ``(n,)`` how much each face counts, ≥ 0; all the same if None.

    Returns:
        The divisor of logits before softmax; above 1 it softens overconfident answers.
    """
    _expect_pairs(truth, logits)
    answers = logits.argmax(axis=1)
    right, scores = answers == truth, logits.astype(np.float64)
    others = np.arange(scores.shape[1]) != answers[:, None]

    def loss(log_temperature: float) -> float:
        each = log_softmax(scores / np.exp(log_temperature), axis=1)
        wrong = logsumexp(np.where(others, each, -np.inf), axis=1)
        return -float(np.average(np.where(right, each.max(axis=1), wrong), weights=weights))

    return float(np.exp(minimize_scalar(loss, bounds=_LOG_TEMPERATURES, method="bounded").x))


def abstention_threshold(
    confidence: FloatArray, right: NDArray[np.bool_], weights: NDArray[Any] | None = None
) -> float:
    """Return the probability below which an answer is more likely wrong than right.

    How often answers are right is fitted as a rising function of their probability (isotonic
    regression, Zadrozny and Elkan 2002).

    Args:
        confidence: ``(n,)`` probability of each answer, 0–1, on faces that were not trained on.
        right: ``(n,)`` whether it was right.
        weights: ``(n,)`` how much each answer counts, ≥ 0; all the same if None.

    Returns:
        The smallest of these probabilities at which the fit reaches one half; 0 if it is nowhere
        less, 1 if it is so everywhere.
    """
    _expect_pairs(right, confidence)
    values = confidence.astype(np.float64)
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
    """Return the lowest limit at which a given share of the answers is right on each of several sets of faces.

    Args:
        confidences: Per set ``(n,)`` probability of each answer, 0–1, on faces that were not trained on.
        rights: Per set ``(n,)`` whether each answer was right.
        at_least: Share of right answers among those of at least the limit, 0–1, which every set by itself has to reach.
        lowest: No limit below this is considered, 0–1.

    Returns:
        A multiple of 1/10,000; 1 if no limit is high enough.
    """
    limits = _LIMITS[lowest <= _LIMITS]
    reached = np.ones(len(limits), bool)
    for confidence, right in zip(confidences, rights, strict=True):
        _expect_pairs(right, confidence)
        order = np.argsort(confidence, kind="stable")
        first = np.searchsorted(confidence[order].astype(np.float64), limits)
        right_from = np.append(np.cumsum(right[order][::-1])[::-1], 0)
        given = len(confidence) - first
        reached &= (given > 0) & (right_from[first] >= at_least * given)
    return float(limits[reached][0]) if reached.any() else 1.0


def coverage_curve(
    confidence: FloatArray, right: NDArray[np.bool_], points: int = COVERAGE_POINTS
) -> list[tuple[float, float]]:
    """Return how often answers are right if only the surest are given (El-Yaniv and Wiener 2010).

    Args:
        confidence: ``(n,)`` probability of each answer.
        right: ``(n,)`` whether it was right.
        points: At most so many; answers of equal probability are given together or not at all.

    Returns:
        (coverage, accuracy), both 0–1: the share that is answered, falling from 1, and how much of it is right.
    """
    _expect_pairs(right, confidence)
    falling = np.sort(confidence)[::-1]
    counts = np.ceil(len(falling) * np.arange(points, 0, -1) / points).astype(int)
    lowest = dict.fromkeys(float(falling[count - 1]) for count in counts)
    return [_answered(confidence, right, least) for least in lowest]


def abstention(confidence: FloatArray, right: NDArray[np.bool_], abstain_below: float) -> dict[str, float | None]:
    """Return what withholding unclear answers costs and gains.

    Returns:
        ``abstain_below``; ``coverage``, the share that is answered; ``accuracy`` of that share, None if it is empty.
    """
    _expect_pairs(right, confidence)
    if not (confidence >= abstain_below).any():
        return {"abstain_below": abstain_below, "coverage": 0.0, "accuracy": None}
    coverage, accuracy = _answered(confidence, right, abstain_below)
    return {"abstain_below": abstain_below, "coverage": coverage, "accuracy": accuracy}


def _answered(confidence: FloatArray, right: NDArray[np.bool_], least: float) -> tuple[float, float]:
    """Return the share of answers of at least this probability, of which there are some, and how many are right."""
    given = confidence >= least
    return float(given.mean()), float(right[given].mean())


def restrict(probabilities: FloatArray, have: Sequence[str], want: Sequence[str]) -> FloatArray:
    """Keep only some labels: the others' probability is dropped and the rest made to sum to 1.

    Args:
        probabilities: ``(n, k)``, columns in the order of ``have``.
        have: The classifier's labels.
        want: The labels to answer with, all of them among ``have``.

    Returns:
        ``(n, len(want))`` float32, columns in the order of ``want``.
    """
    kept = probabilities[:, [list(have).index(label) for label in want]].astype(np.float64)
    total = kept.sum(axis=1, keepdims=True)
    even = np.full_like(kept, 1 / len(want))
    return np.asarray(np.divide(kept, total, out=even, where=total > 0), np.float32)


def _expect_pairs(truth: NDArray[Any], answers: NDArray[Any]) -> None:
    if not len(truth) or len(truth) != len(answers):
        raise ValueError(f"expected as many answers as truths, at least one; got {len(answers)} and {len(truth)}")
