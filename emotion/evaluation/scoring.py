"""Scores a classifier on labelled faces; training, the lab and user evaluations share these rules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from emotion.evaluation.calibration import expected_calibration_error, reliability_bins
from emotion.evaluation.metrics import bootstrap_interval, class_report, restrict
from emotion.evaluation.selective import abstention, coverage_curve
from emotion.labels import NO_LABEL, LabelSet, subset_of
from emotion.types import FloatArray


def judged_set(label_set: LabelSet, labels: Sequence[str]) -> LabelSet | None:
    """Return the subset of a label set that a classifier knows, or None if that is fewer than two labels."""
    known = [label for label in label_set.labels if label in labels]
    return subset_of(label_set, known) if len(known) > 1 else None


def nearest_set(labels: Sequence[str], label_sets: Sequence[LabelSet]) -> LabelSet:
    """Return the label set that covers most of a classifier's labels, the smallest of equals."""
    return min(label_sets, key=lambda known: (len(set(labels) - set(known.labels)), len(known)))


def recode(truth: NDArray[np.int8], label_set: LabelSet, labels: Sequence[str]) -> NDArray[np.int8]:
    """Convert positions in a label set to positions in ``labels``, −1 for others."""
    codes = [labels.index(label) if label in labels else NO_LABEL for label in label_set.labels]
    return np.array([*codes, NO_LABEL], np.int8)[truth]  # the last entry serves label −1


def score(
    logits: FloatArray,
    labels: Sequence[str],
    truth: NDArray[np.int8],
    label_set: LabelSet,
    temperature: float,
    abstain_below: float = 0.0,
) -> dict[str, Any] | None:
    """Return every figure of a classifier on the faces whose label it knows.

    Answers are restricted to the label set: other labels are dropped, and probabilities rescaled.

    Args:
        logits: ``(n, k)`` logits of the ``n`` faces.
        labels: Meaning of the ``k`` columns.
        truth: ``(n,)`` true labels, positions in ``label_set``, −1 if there is none.
        label_set: The label set of the truth.
        temperature: Divides the logits; calibration is reported without and with it.
        abstain_below: Limit for the ``abstention`` figures. Slopes do not count, as crops have no pose or size.

    Returns:
        :func:`emotion.evaluation.metrics.class_report` with ``accuracy_interval``, ``ece`` and ``reliability`` (each
        ``before`` and ``after``), ``coverage_curve`` and ``abstention``; None without a label or face to score.
    """
    judged = judged_set(label_set, labels)
    if judged is None:
        return None
    truth = recode(truth, label_set, judged.labels)
    rows = truth != NO_LABEL
    if not rows.any():
        return None
    before, after = (
        restrict(softmax(logits[rows].astype(np.float64) / divisor, axis=1), labels, judged.labels)
        for divisor in (1.0, temperature)
    )
    return _figures(before, after, truth[rows], judged) | _selective(after, truth[rows], abstain_below)


def _figures(before: FloatArray, after: FloatArray, truth: NDArray[np.int8], judged: LabelSet) -> dict[str, Any]:
    answers = after.argmax(axis=1)
    return {
        **class_report(truth, answers, judged.labels),
        "accuracy_interval": list(bootstrap_interval(answers == truth)),
        "ece": {"before": expected_calibration_error(before, truth), "after": expected_calibration_error(after, truth)},
        "reliability": {"before": reliability_bins(before, truth), "after": reliability_bins(after, truth)},
    }


def _selective(probabilities: FloatArray, truth: NDArray[np.int8], abstain_below: float) -> dict[str, Any]:
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == truth
    return {
        "coverage_curve": [list(point) for point in coverage_curve(confidence, right)],
        "abstention": abstention(confidence, right, abstain_below),
    }
