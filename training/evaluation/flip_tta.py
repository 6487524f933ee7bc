"""What asking twice about every face would gain and cost: it and its mirror image, their logits averaged."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from emotion.evaluation.scoring import judged_set, score
from emotion.types import FloatArray, Image, ModelCard
from emotion.vision.classify import LiteRTClassifier
from emotion.vision.normalise import mirrored
from emotion.vision.timing import ms_per_face
from training.data.targets import label_sets_of, truths
from training.datasets.face_set import FaceSet

TIMED_FACES = 200

_KEPT = ("accuracy", "accuracy_interval", "balanced_accuracy")


def measure_tta(
    logits_of: Callable[[FaceSet], FloatArray],
    logits: Mapping[str, FloatArray],
    card: ModelCard,
    splits: Mapping[str, FaceSet],
) -> dict[str, dict[str, Any]]:
    """Score the mean of the logits of faces and of their mirror images.

    The app does this where a first answer is unsure, if the card says so; what is gained here is gained beyond that.

    Args:
        logits_of: Returns ``(n, k)`` raw scores of faces.
        logits: Name → those of the faces as they are.
        card: Of the model.
        splits: Name → faces.

    Returns:
        Label set → split → ``accuracy``, ``accuracy_interval``, ``balanced_accuracy``, and ``gain`` in accuracy.
    """
    found: dict[str, dict[str, Any]] = {}
    for name, faces in splits.items():
        both = np.asarray((logits[name] + logits_of(replace(faces, images=mirrored(faces.images)))) / 2, np.float32)
        for label_set in label_sets_of(faces):
            truth, judged = truths(faces, label_set), judged_set(label_set, card.labels)
            once, twice = (
                score(each, card.labels, truth, label_set, card.temperature) for each in (logits[name], both)
            )
            if judged is not None and once is not None and twice is not None:
                row = {key: twice[key] for key in _KEPT} | {"gain": twice["accuracy"] - once["accuracy"]}
                found.setdefault(judged.name, {})[faces.split] = row
    return found


def tta_cost(classifier: LiteRTClassifier, faces: FaceSet) -> dict[str, float]:
    """Return ``ms`` of a face alone, ``ms_flipped`` of it with its mirror image, and their ``factor``."""

    def twice(image: Image) -> FloatArray:
        return classifier.logits([image, np.ascontiguousarray(image[:, ::-1])]).mean(axis=0)

    images = faces.images[:TIMED_FACES]
    once_ms = ms_per_face(lambda image: classifier.logits([image]), images, np.mean)
    twice_ms = ms_per_face(twice, images, np.mean)
    return {"ms": once_ms, "ms_flipped": twice_ms, "factor": round(twice_ms / once_ms, 3)}
