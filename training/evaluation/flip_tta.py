"""Test-time augmentation (TTA): what averaging the logits of a face and its mirror image gains and costs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emotion.evaluation.timing import ms_per_face
from emotion.types import FloatArray, Image, ModelCard
from emotion.vision.normalise import mirrored
from training.datasets.face_set import FaceSet
from training.evaluation.scored import scores_of

TIMED_FACES = 400


def measure_tta(
    logits_of: Callable[[FaceSet], FloatArray],
    logits: Mapping[str, FloatArray],
    card: ModelCard,
    splits: Mapping[str, FaceSet],
) -> dict[str, dict[str, Any]]:
    """Score TTA on every face; the gain is over the card's own TTA, which covers unsure faces only.

    Args:
        logits_of: Returns ``(n, k)`` raw scores of faces.
        logits: Name → raw scores of the unchanged faces.
        card: Card of the model.
        splits: Name → faces.

    Returns:
        Label set → split → ``accuracy``, ``accuracy_interval``, ``balanced_accuracy``, and ``gain`` in accuracy.
    """
    found: dict[str, dict[str, Any]] = {}
    for name, faces in splits.items():
        both = np.asarray((logits[name] + logits_of(replace(faces, images=mirrored(faces.images)))) / 2, np.float32)
        once = dict(scores_of(logits[name], card, faces))
        for label_set, twice in scores_of(both, card, faces):
            row = {key: twice[key] for key in ("accuracy", "accuracy_interval", "balanced_accuracy")}
            row["gain"] = twice["accuracy"] - once[label_set]["accuracy"]
            found.setdefault(label_set, {})[faces.split] = row
    return found


def tta_cost(logits_of: Callable[[list[Image]], FloatArray], images: NDArray[np.uint8]) -> dict[str, float]:
    """Return ``ms`` per face, ``ms_flipped`` with its mirror image, and their ratio ``factor``."""

    def twice(image: Image) -> FloatArray:
        return logits_of([image, np.ascontiguousarray(image[:, ::-1])]).mean(axis=0)

    once_ms = ms_per_face(lambda image: logits_of([image]), images[:TIMED_FACES], np.mean)
    twice_ms = ms_per_face(twice, images[:TIMED_FACES], np.mean)
    return {"ms": once_ms, "ms_flipped": twice_ms, "factor": round(twice_ms / once_ms, 3)}
