"""Measures how accuracy drops when faces are blurred, dark, rotated or covered."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np

from emotion.types import FloatArray, ModelCard
from training.datasets.face_set import FaceSet
from training.evaluation.corruptions import CORRUPTIONS
from training.evaluation.scored import scores_of

SEED = 0

Robustness = dict[str, dict[str, dict[str, dict[str, Any]]]]
"""Label set → split → corruption → ``title``, ``accuracy``, ``accuracy_interval``, ``balanced_accuracy``, ``ece``."""


def measure_robustness(
    logits_of: Callable[[FaceSet], FloatArray], card: ModelCard, splits: Iterable[FaceSet]
) -> Robustness:
    """Score a model under every corruption; each model gets the same noise and rotations.

    Args:
        logits_of: Returns ``(n, k)`` raw scores of faces.
        card: Card of the model.
        splits: The faces.
    """
    found: Robustness = {}
    for faces, corruption in product(splits, CORRUPTIONS):
        logits = logits_of(replace(faces, images=corruption.apply(faces.images, np.random.default_rng(SEED))))
        for name, record in scores_of(logits, card, faces):
            figures = {key: record[key] for key in ("accuracy", "accuracy_interval", "balanced_accuracy")}
            row = {"title": corruption.title, **figures, "ece": record["ece"]["after"]}
            found.setdefault(name, {}).setdefault(faces.split, {})[corruption.name] = row
    return found
