"""Scores one classifier on labelled faces, the same way in training, in the lab and on a visitor's own pictures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from emotion.evaluation.metrics import (
    abstention,
    bootstrap_interval,
    class_report,
    coverage_curve,
    expected_calibration_error,
    reliability_bins,
    restrict,
)
from emotion.labels import NO_LABEL, LabelSet, subset_of
from emotion.types import FloatArray


def judged_set(label_set: LabelSet, labels: Sequence[str]) -> LabelSet | None:
    """Return the part of a label set that a classifier knows, or None if that is less than two labels."""
    known = [label for label in label_set.labels if label in labels]
    return subset_of(label_set, known) if len(known) > 1 else None


def nearest_set(labels: Sequence[str], label_sets: Sequence[LabelSet]) -> LabelSet:
    """Return the label set that judges a classifier best: it lacks fewest of its labels, and has fewest beside them."""
    return min(label_sets, key=lambda known: (len(set(labels) - set(known.labels)), len(known)))


def recode(truth: NDArray[np.int8], label_set: LabelSet, labels: Sequence[str]) -> NDArray[np.int8]:
    """Return labels, given as positions in a label set, as positions among other ``labels``; −1 if not there."""
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
    """Return every figure of a classifier on the faces that have a label it knows.

    Answers are restricted to the label set: other labels' probability is dropped. Faces whose
    label the classifier does not know are left out.

    Args:
        logits: ``(n, k)`` raw scores of the ``n`` faces.
        labels: Meaning of the ``k`` columns.
        truth: ``(n,)`` right labels, positions in ``label_set``, −1 where there is none.
        label_set: Which labels to be judged by.
        temperature: Divides the logits; calibration is reported without and with it.
        abstain_below: Answers of less probability count as withheld, in ``abstention`` alone.

    Returns:
        :func:`emotion.evaluation.metrics.class_report` with ``accuracy_interval``, ``ece`` and
        ``reliability`` (each ``before`` and ``after``), ``coverage_curve`` and ``abstention``, or
        None where there is nothing to judge.
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
    """Return the figures of probabilities before and after the temperature."""
    answers = after.argmax(axis=1)
    return {
        **class_report(truth, answers, judged.labels),
        "accuracy_interval": list(bootstrap_interval(answers == truth)),
        "ece": {"before": expected_calibration_error(before, truth), "after": expected_calibration_error(after, truth)},
        "reliability": {"before": reliability_bins(before, truth), "after": reliability_bins(after, truth)},
    }


def _selective(probabilities: FloatArray, truth: NDArray[np.int8], abstain_below: float) -> dict[str, Any]:
    """Return what withholding the least sure answers does."""
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == truth
    return {
        "coverage_curve": [list(point) for point in coverage_curve(confidence, right)],
        "abstention": abstention(confidence, right, abstain_below),
    }
