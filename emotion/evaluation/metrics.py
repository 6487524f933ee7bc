"""Metrics of ``n`` answers over ``k`` labels: scores per class, and intervals of means and shares."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emotion.types import FloatArray

Labels = NDArray[Any]
"""``(n,)`` integers 0 … k−1."""
_LEVEL = 0.95
"""Coverage of intervals."""
_RESAMPLES = 2000


def class_report(truth: Labels, answers: Labels, labels: Sequence[str]) -> dict[str, Any]:
    """Return scores of all faces and of each label.

    Args:
        truth: ``(n,)`` true labels, 0 … k−1.
        answers: ``(n,)`` predicted labels.
        labels: Names of the ``k`` labels.

    Returns:
        ``n``; ``accuracy``; ``balanced_accuracy``, the mean recall of the labels that occur
        (Brodersen et al. 2010); ``macro_f1``, the plain mean of all labels' F1; ``per_class``,
        each label's precision, recall, F1 and support; ``confusion_matrix``, counts, rows true,
        columns answered. All but counts are 0–1.

    Raises:
        ValueError: There are no faces, or the lengths differ.
    """
    expect_pairs(truth, answers)
    codes = np.arange(len(labels))
    # Imported here: it takes a second, and most commands and pages compute no scores.
    from sklearn.metrics import confusion_matrix, precision_recall_fscore_support  # noqa: PLC0415

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


def bootstrap_interval(values: NDArray[Any]) -> tuple[float, float]:
    """Return the 95% percentile bootstrap interval of a mean (Efron and Tibshirani 1993, chapter 13).

    Args:
        values: ``(n,)``, such as 1 for each right answer and 0 for each wrong one.
    """
    if not len(values):
        raise ValueError("expected at least one value to resample; got none")
    rng = np.random.default_rng(0)
    means = [values[rng.integers(0, len(values), len(values))].mean() for _ in range(_RESAMPLES)]
    low, high = np.quantile(means, [(1 - _LEVEL) / 2, (1 + _LEVEL) / 2])
    return float(low), float(high)


def wilson_interval(successes: int, trials: int) -> tuple[float, float]:
    """Return the 95% score interval of a share (Wilson 1927), also valid for small numbers and near 0 and 1.

    Args:
        successes: Number of successes, at most ``trials``.
        trials: Number of trials; the interval of none is 0–1.
    """
    if not trials:
        return 0.0, 1.0
    from scipy.stats import binomtest  # noqa: PLC0415 – a second to import

    interval = binomtest(successes, trials).proportion_ci(_LEVEL, "wilson")
    return float(interval.low), float(interval.high)


def restrict(probabilities: FloatArray, have: Sequence[str], want: Sequence[str]) -> FloatArray:
    """Keep the columns of some labels, and rescale rows to sum to 1.

    Args:
        probabilities: ``(n, k)``, columns in the order of ``have``.
        have: The classifier's labels.
        want: The labels to keep, all of them in ``have``.

    Returns:
        ``(n, len(want))`` float32, columns in the order of ``want``.
    """
    kept = probabilities[:, [list(have).index(label) for label in want]].astype(np.float64)
    total = kept.sum(axis=1, keepdims=True)
    even = np.full_like(kept, 1 / len(want))
    return np.asarray(np.divide(kept, total, out=even, where=total > 0), np.float32)


def expect_pairs(truth: NDArray[Any], answers: NDArray[Any]) -> None:
    """Raise ValueError unless there are as many answers as truths, and at least one."""
    if not len(truth) or len(truth) != len(answers):
        raise ValueError(f"expected as many answers as truths, at least one; got {len(answers)} and {len(truth)}")
