"""Scores logits by every kind of label that faces carry and a model knows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from emotion.evaluation.scoring import judged_set, score
from emotion.types import FloatArray, ModelCard
from training.data.targets import label_sets_of, truths
from training.datasets.face_set import FaceSet


def scores_of(
    logits: FloatArray, card: ModelCard, faces: FaceSet, abstain_below: float = 0.0
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the name of each label set, restricted to the model's labels, with its scores.

    Args:
        logits: ``(n, k)`` raw scores of the faces.
        card: Card of the model.
        faces: ``n`` faces.
        abstain_below: Abstention threshold, 0–1.
    """
    for label_set in label_sets_of(faces):
        record = score(logits, card.labels, truths(faces, label_set), label_set, card.temperature, abstain_below)
        judged = judged_set(label_set, card.labels)
        if record is not None and judged is not None:
            yield judged.name, record
