"""Leakage: how much a network could gain by memorising test faces that also occur in the training split.

FER2013's splits share photographs. This package removes the duplicates from training
(:mod:`training.preparation.leaks`); published scores seldom say whether theirs did.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from emotion.labels import NO_LABEL
from emotion.types import FloatArray, ModelCard
from training.datasets.face_set import FaceSet
from training.evaluation.calibrate import truth_for
from training.preparation.leaks import find_duplicates


def measure_leakage(
    logits: Mapping[str, FloatArray], card: ModelCard, splits: Mapping[str, FaceSet], train: FaceSet
) -> dict[str, dict[str, Any]]:
    """Return, by split, a model's accuracy on faces with a duplicate in the training split and on the others.

    Args:
        logits: Split → ``(n, k)`` raw scores of its faces.
        card: Card of the model.
        splits: Split → faces.
        train: The training split as published, with duplicates.

    Returns:
        Split → ``faces`` with a label of the card, ``copied``: those with a labelled duplicate, ``same_label``: share
        of duplicates with the same label, ``accuracy_copied`` and ``accuracy_others`` of the model, and
        ``accuracy_by_heart``: accuracy if each duplicated face were answered with its duplicate's label. Splits without
        duplicates are left out.
    """
    learned, found = truth_for(card.labels, train), {}
    for split, faces in splits.items():
        truth, sources = truth_for(card.labels, faces), find_duplicates(faces.images, train.images).of
        label = learned[sources]  # meaningless for source −1, which `copied` excludes
        known = truth != NO_LABEL
        copied = known & (sources >= 0) & (label != NO_LABEL)
        others = known & ~copied
        if not copied.any():
            continue
        right, same = logits[split].argmax(axis=1) == truth, label == truth
        found[split] = {
            "faces": int(known.sum()),
            "copied": int(copied.sum()),
            "same_label": float(same[copied].mean()),
            "accuracy_copied": float(right[copied].mean()),
            "accuracy_others": float(right[others].mean()) if others.any() else None,
            "accuracy_by_heart": float((right[others].sum() + same[copied].sum()) / known.sum()),
        }
    return found
