"""Scores one set of logits on one split, under each of the two kinds of label."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from emotion.labels import FER2013, FERPLUS, LabelSet
from emotion.metrics import bootstrap_interval, class_report, expected_calibration_error, reliability_bins, restrict
from emotion.types import FloatArray
from training.datasets.face_set import NO_LABEL, FaceSet
from training.datasets.ferplus import majority_labels

LABEL_SETS = (FERPLUS, FER2013)
"""The majority labels of the ten taggers, and FER2013's original labels of the same faces."""


def truths(faces: FaceSet, label_set: LabelSet) -> NDArray[np.int8]:
    """Return each face's label in a label set, −1 where it has none."""
    if label_set is FER2013:
        return faces.labels
    if faces.votes is None:
        return np.full(len(faces), NO_LABEL, np.int8)
    return majority_labels(faces.votes)


def score(
    logits: FloatArray, labels: Sequence[str], faces: FaceSet, label_set: LabelSet, temperature: float
) -> dict[str, Any] | None:
    """Return every figure of a classifier on the faces that have a label.

    Answers are restricted to the label set: the other labels' probability is dropped.

    Args:
        logits: ``(n, k)`` raw scores of the ``n`` faces.
        labels: Meaning of the ``k`` columns.
        faces: The split.
        label_set: Which labels to be judged by.
        temperature: Divides the logits; calibration is reported without and with it.

    Returns:
        :func:`emotion.metrics.class_report` with ``accuracy_interval``, ``ece`` and
        ``reliability`` (each ``before`` and ``after``), or None where no face has a label or
        the classifier does not know them all.
    """
    truth = truths(faces, label_set)
    rows = truth != NO_LABEL
    if not rows.any() or not set(label_set.labels) <= set(labels):
        return None
    before, after = (
        restrict(softmax(logits[rows].astype(np.float64) / divisor, axis=1), labels, label_set.labels)
        for divisor in (1.0, temperature)
    )
    answers = after.argmax(axis=1)
    return {
        **class_report(truth[rows], answers, label_set.labels),
        "accuracy_interval": list(bootstrap_interval(answers == truth[rows])),
        "ece": {"before": _ece(before, truth[rows]), "after": _ece(after, truth[rows])},
        "reliability": {
            "before": reliability_bins(before, truth[rows]),
            "after": reliability_bins(after, truth[rows]),
        },
    }


def _ece(probabilities: FloatArray, truth: NDArray[np.int8]) -> float:
    return expected_calibration_error(probabilities, truth)
