"""Targets, loss and scores of each network of face parts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Protocol

import keras
import numpy as np
from numpy.typing import NDArray

from emotion.errors import ModelError
from emotion.models.face_parts import KEYPOINTS, PARTS
from emotion.types import FloatArray
from training.augment import Augmentation
from training.datasets.keypoint_set import KEYPOINT_IMAGE_SIZE
from training.face_parts.examples import hide_faces
from training.face_parts.losses import parts_loss, points_loss, presence_loss
from training.face_parts.masks import WHITE, known_parts, part_masks
from training.face_parts.scores import dice, iou, mean_point_error, point_errors, presence_scores
from training.networks.resunet import build_resunet
from training.networks.thin_resnet50 import build_thin_resnet50
from training.recipes import ADAM, Recipe

Scores = dict[str, Any]

HEADLINE = "headline"
"""Key of the score by which epochs are compared; higher is better."""


class Task(Protocol):
    """A task on faces with points."""

    outputs: tuple[str, ...]
    loss: Callable[[Any, Any], Any]

    def examples(
        self, images: NDArray[np.uint8], points: FloatArray, rng: np.random.Generator
    ) -> tuple[NDArray[np.uint8], FloatArray]:
        """Return input pictures ``(n, s, s)`` and float32 targets, NaN if unknown.

        Args:
            images: ``(n, s, s)`` uint8 faces.
            points: ``(n, 15, 2)`` px.
            rng: Random generator.
        """

    def scores(self, answers: FloatArray, targets: FloatArray) -> Scores:
        """Return the scores of a network's outputs, including :data:`HEADLINE`."""


class FindParts:
    """Segment the face into one mask per part."""

    outputs = PARTS
    loss = staticmethod(parts_loss)

    def examples(
        self, images: NDArray[np.uint8], points: FloatArray, rng: np.random.Generator
    ) -> tuple[NDArray[np.uint8], FloatArray]:
        """Masks as 0 and 1, ``(n, s, s, 4)``."""
        masks = (part_masks(points, images.shape[1]) == WHITE).astype(np.float32)
        return images, np.where(known_parts(points)[:, None, None], masks, np.float32("nan"))

    def scores(self, answers: FloatArray, targets: FloatArray) -> Scores:
        """Dice and IoU of each part, over pictures with all parts known."""
        known = np.isfinite(targets).all(axis=(1, 2, 3))
        found, truth = answers[known] > 0, targets[known] > 0.5
        overlap = {name: round(float(value), 4) for name, value in zip(PARTS, dice(found, truth), strict=True)}
        union = {name: round(float(value), 4) for name, value in zip(PARTS, iou(found, truth), strict=True)}
        mean = float(np.mean(list(overlap.values())))
        return {HEADLINE: mean, "dice": overlap, "iou": union, "mean_dice": round(mean, 4)}


class FindPoints:
    """Locate fifteen points; coordinates go from −1 to 1 across the picture."""

    outputs = tuple(f"{name}_{axis}" for name in KEYPOINTS for axis in "xy")
    loss = staticmethod(points_loss)

    def examples(
        self, images: NDArray[np.uint8], points: FloatArray, rng: np.random.Generator
    ) -> tuple[NDArray[np.uint8], FloatArray]:
        """Coordinates, ``(n, 30)``."""
        return images, (points / (images.shape[1] - 1) * 2 - 1).reshape(len(points), -1).astype(np.float32)

    def scores(self, answers: FloatArray, targets: FloatArray) -> Scores:
        """Mean error as a share of the distance between the eyes, for all points and for each."""
        found, truth = (values.reshape(-1, len(KEYPOINTS), 2) for values in (answers, targets))
        each = np.nanmean(point_errors(found, truth), axis=0)
        error = mean_point_error(found, truth)
        errors = {name: round(float(value), 4) for name, value in zip(KEYPOINTS, each, strict=True)}
        return {HEADLINE: 1 - error, "error": round(error, 4), "errors": errors}


class SeeFace:
    """Detect whether a face with visible parts is present; every other picture has none."""

    outputs: tuple[str, ...] = ("face",)
    loss = staticmethod(presence_loss)

    def examples(
        self, images: NDArray[np.uint8], points: FloatArray, rng: np.random.Generator
    ) -> tuple[NDArray[np.uint8], FloatArray]:
        """1 for a face, ``(n, 1)``."""
        shown, there = images.copy(), np.arange(len(images)) % 2 == 0
        if not there.all():
            shown[~there] = hide_faces(images[~there], points[~there], rng)
        return shown, there.astype(np.float32)[:, None]

    def scores(self, answers: FloatArray, targets: FloatArray) -> Scores:
        """Accuracy, precision and recall."""
        scores = presence_scores(answers[:, 0], targets[:, 0] > 0.5)
        return {HEADLINE: scores["accuracy"]} | {name: round(value, 4) for name, value in scores.items()}


@dataclass(frozen=True, slots=True)
class PartNetwork:
    """One network of face parts under its name.

    Attributes:
        name: Name for ``--model``, and default name of its model.
        title: Name for people.
        task: The task.
        build: Takes the input's shape and the number of outputs.
        recipe: Default recipe.
        exact: Operations that stay in float32, see :func:`training.export.quantise.to_int8`.
    """

    name: str
    title: str
    task: Task
    build: Callable[[tuple[int, int, int], int], Any]
    recipe: Recipe
    exact: tuple[str, ...] = ()

    def new(self) -> Any:
        """Build the untrained network for pictures of the data set's size."""
        keras.utils.set_random_seed(self.recipe.seed)
        return self.build((KEYPOINT_IMAGE_SIZE, KEYPOINT_IMAGE_SIZE, 1), len(self.task.outputs))


_VARIED = Augmentation(
    shift=0.12, rotation_deg=20.0, zoom=0.2, contrast=0.4, brightness=40.0, erase=0.3, erase_share=0.35, worsen=0.3
)


_NOT_MIRRORED = replace(_VARIED, flip=0.0)
"""Without mirroring: the published points are about a pixel too far right, so mirrored ones are too far left, and
training on both gives a mean error in x of 1.2 px."""


def _recipe(name: str, epochs: int, learning_rate: float, augmentation: Augmentation = _VARIED) -> Recipe:
    return Recipe(
        name,
        name,
        epochs=epochs,
        batch_size=32,
        learning_rate=learning_rate,
        weight_decay=1e-4,
        average_decay=0.99,
        optimizer=ADAM,
        augmentation=augmentation,
    )


PART_NETWORKS: dict[str, PartNetwork] = {
    network.name: network
    for network in (
        PartNetwork("resunet", "Face parts", FindParts(), build_resunet, _recipe("resunet", 10, 2e-3)),
        PartNetwork(
            "keypoints",
            "Fifteen facial points",
            FindPoints(),
            partial(build_thin_resnet50, by_place=True, name="keypoints"),
            _recipe("keypoints", 24, 2e-3, _NOT_MIRRORED),
            # The expected position under a softmax; in int8, its error is 40% larger.
            exact=("SOFTMAX", "FULLY_CONNECTED", "TRANSPOSE", "RESHAPE"),
        ),
        PartNetwork(
            "presence",
            "Face with visible parts or none",
            SeeFace(),
            partial(build_thin_resnet50, by_place=False, name="presence"),
            _recipe("presence", 8, 2e-3),
        ),
    )
}


def find_part_network(name: str) -> PartNetwork:
    """Return a network of face parts.

    Raises:
        ModelError: None has this name.
    """
    if name not in PART_NETWORKS:
        raise ModelError(f"expected a network from {', '.join(PART_NETWORKS)}; got {name!r}")
    return PART_NETWORKS[name]
