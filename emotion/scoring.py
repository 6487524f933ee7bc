"""Scores one classifier on labelled faces, the same way in training, in the lab and on a visitor's own pictures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from emotion.labels import NO_LABEL, LabelSet, subset_of
from emotion.metrics import bootstrap_interval, class_report, expected_calibration_error, reliability_bins, restrict
from emotion.types import FloatArray


def judged_set(label_set: LabelSet, labels: Sequence[str]) -> LabelSet | None:
    """Return the part of a label set that a classifier knows, or None if that is less than two labels."""
    known = [label for label in label_set.labels if label in labels]
    return subset_of(label_set, known) if len(known) > 1 else None


def score(
    logits: FloatArray, labels: Sequence[str], truth: NDArray[np.int8], label_set: LabelSet, temperature: float
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

    Returns:
        :func:`emotion.metrics.class_report` with ``accuracy_interval``, ``ece`` and
        ``reliability`` (each ``before`` and ``after``), or None where there is nothing to judge.
    """
    judged = judged_set(label_set, labels)
    if judged is None:
        return None
    truth = _recode(truth, label_set, judged)
    rows = truth != NO_LABEL
    if not rows.any():
        return None
    before, after = (
        restrict(softmax(logits[rows].astype(np.float64) / divisor, axis=1), labels, judged.labels)
        for divisor in (1.0, temperature)
    )
    answers = after.argmax(axis=1)
    return {
        **class_report(truth[rows], answers, judged.labels),
        "accuracy_interval": list(bootstrap_interval(answers == truth[rows])),
        "ece": {"before": _ece(before, truth[rows]), "after": _ece(after, truth[rows])},
        "reliability": {
            "before": reliability_bins(before, truth[rows]),
            "after": reliability_bins(after, truth[rows]),
        },
    }


def _recode(truth: NDArray[np.int8], label_set: LabelSet, judged: LabelSet) -> NDArray[np.int8]:
    codes = [judged.labels.index(label) if label in judged.labels else NO_LABEL for label in label_set.labels]
    return np.array([*codes, NO_LABEL], np.int8)[truth]  # the last entry serves label −1


def _ece(probabilities: FloatArray, truth: NDArray[np.int8]) -> float:
    return expected_calibration_error(probabilities, truth)
