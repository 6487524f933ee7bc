"""How much worse a model answers when faces are blurred, dark, turned or covered."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np

from emotion.evaluation.scoring import judged_set, score
from emotion.types import FloatArray, ModelCard
from training.data.targets import label_sets_of, truths
from training.datasets.face_set import FaceSet
from training.evaluation.corruptions import CORRUPTIONS

SEED = 0

Robustness = dict[str, dict[str, dict[str, dict[str, Any]]]]
"""Label set → split → condition → ``title``, ``accuracy``, ``accuracy_interval``, ``balanced_accuracy``, ``ece``."""


def measure_robustness(
    logits_of: Callable[[FaceSet], FloatArray], card: ModelCard, splits: Iterable[FaceSet]
) -> Robustness:
    """Score a model under every condition, by every kind of label that it knows at least in part.

    Args:
        logits_of: Returns ``(n, k)`` raw scores of faces.
        card: Of the model.
        splits: The faces; the same chance decides every model's rotations and noise.
    """
    found: Robustness = {}
    for faces, condition in product(splits, CORRUPTIONS):
        logits = logits_of(replace(faces, images=condition.apply(faces.images, np.random.default_rng(SEED))))
        for label_set in label_sets_of(faces):
            record = score(logits, card.labels, truths(faces, label_set), label_set, card.temperature)
            judged = judged_set(label_set, card.labels)
            if record is not None and judged is not None:
                figures = {key: record[key] for key in ("accuracy", "accuracy_interval", "balanced_accuracy")}
                row = {"title": condition.title, **figures, "ece": record["ece"]["after"]}
                found.setdefault(judged.name, {}).setdefault(faces.split, {})[condition.name] = row
    return found
