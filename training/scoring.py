"""Scores one set of logits on one split, under each kind of label that the split has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from emotion.errors import DatasetError
from emotion.labels import FERPLUS, LabelSet
from emotion.metrics import bootstrap_interval, class_report, expected_calibration_error, reliability_bins, restrict
from emotion.types import FloatArray
from training.datasets.face_set import NO_LABEL, FaceSet, subset_of
from training.datasets.ferplus import majority_labels


def label_sets_of(faces: FaceSet) -> tuple[LabelSet, ...]:
    """Return the kinds of label by which faces can be judged: FER+ majorities if they have votes, and their own."""
    return (FERPLUS, faces.label_set) if faces.votes is not None else (faces.label_set,)


def judged_set(label_set: LabelSet, labels: Sequence[str]) -> LabelSet | None:
    """Return the part of a label set that a classifier knows, or None if that is less than two labels."""
    known = [label for label in label_set.labels if label in labels]
    return subset_of(label_set, known) if len(known) > 1 else None


def truths(faces: FaceSet, label_set: LabelSet) -> NDArray[np.int8]:
    """Return each face's label in one of :func:`label_sets_of`, −1 where it has none.

    Raises:
        DatasetError: The faces carry no labels of this set.
    """
    if label_set.name == faces.label_set.name:
        return faces.labels
    if label_set is FERPLUS and faces.votes is not None:
        return majority_labels(faces.votes)
    raise DatasetError(f"expected labels out of {[known.name for known in label_sets_of(faces)]}; got {label_set.name}")


def score(
    logits: FloatArray, labels: Sequence[str], faces: FaceSet, label_set: LabelSet, temperature: float
) -> dict[str, Any] | None:
    """Return every figure of a classifier on the faces that have a label it knows.

    Answers are restricted to the label set: other labels' probability is dropped. Faces whose
    label the classifier does not know are left out.

    Args:
        logits: ``(n, k)`` raw scores of the ``n`` faces.
        labels: Meaning of the ``k`` columns.
        faces: The split.
        label_set: Which labels to be judged by.
        temperature: Divides the logits; calibration is reported without and with it.

    Returns:
        :func:`emotion.metrics.class_report` with ``accuracy_interval``, ``ece`` and
        ``reliability`` (each ``before`` and ``after``), or None where there is nothing to judge.
    """
    judged = judged_set(label_set, labels)
    if judged is None:
        return None
    truth = _recode(truths(faces, label_set), label_set, judged)
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
