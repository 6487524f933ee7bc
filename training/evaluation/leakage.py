"""What the copies of test faces among the training faces are worth to a network that learns them by heart.

FER2013's splits share photographs. Training leaves the copies out (:mod:`training.preparation.leaks`); published scores
seldom say that they did. This tells by how much the two may differ.
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
    """Return, by split, how a model fares on faces of which the training split has a copy, and on the others.

    Args:
        logits: Split → ``(n, k)`` raw scores of its faces.
        card: Of the model.
        splits: Split → faces.
        train: The training split as published, copies included.

    Returns:
        Split → ``faces`` that have a label of the card, ``copied``: those of which a copy with such a label
        is there, ``same_label``: the share of copies that carry it, ``accuracy_copied`` and
        ``accuracy_others`` of the model, and ``accuracy_by_heart``: what it would be, were each copied
        face answered with its copy's label. Splits without copied faces are left out.
    """
    learned, found = truth_for(card, train), {}
    for split, faces in splits.items():
        truth, sources = truth_for(card, faces), find_duplicates(faces.images, train.images).of
        told = learned[sources]  # row −1 says nothing: those faces are not copied
        known = truth != NO_LABEL
        copied = known & (sources >= 0) & (told != NO_LABEL)
        others = known & ~copied
        if not copied.any():
            continue
        right, retold = logits[split].argmax(axis=1) == truth, told == truth
        found[split] = {
            "faces": int(known.sum()),
            "copied": int(copied.sum()),
            "same_label": float(retold[copied].mean()),
            "accuracy_copied": float(right[copied].mean()),
            "accuracy_others": float(right[others].mean()) if others.any() else None,
            "accuracy_by_heart": float((right[others].sum() + retold[copied].sum()) / known.sum()),
        }
    return found
