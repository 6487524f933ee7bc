"""By how much more an answer must be probable where the head is turned, small or doubtful, measured on faces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

from emotion.labels import NO_LABEL
from emotion.types import ABSTAIN_SLOPES, FULL_SIZE_PX, FloatArray, Image, ModelCard, difficulties
from emotion.vision.classify import LiteRTClassifier, softened
from emotion.vision.landmarks import MIN_FIRST_PRESENCE, FaceMesh, Mesh, Roi, head_pose, roi_of_mesh

SIDES = (FULL_SIZE_PX, 48.0, 24.0)
"""Faces are made so small, px of the picture's side, and enlarged again, as a small face in a picture would be."""

_ENLARGED = 1.4
"""The mesh first looks at a square so many times the picture's side."""
_PENALTY = 1e-3
_DIGITS = 4


@dataclass(frozen=True, slots=True, eq=False)
class Views:
    """Faces as the mesh sees them, each ``(n,)``; NaN and 0 where it finds none."""

    yaw: FloatArray
    pitch: FloatArray
    size_px: FloatArray
    confidence: FloatArray

    @property
    def found(self) -> NDArray[np.bool_]:
        """Whether the mesh found the face."""
        return np.isfinite(self.yaw)


def view(images: Sequence[Image], side: float, mesh: FaceMesh) -> Views:
    """Return pose, size and the mesh's presence of faces that fill their square pictures.

    Args:
        images: ``(s, s)`` grey or ``(s, s, 3)`` RGB, uint8.
        side: Of the picture in which each face would be as small as it is made out to be, px.
        mesh: The face mesh.
    """
    rows = [_view(image, side, mesh) for image in images]
    return Views(*(np.array(column, np.float32) for column in zip(*rows, strict=True)))


def _view(image: Image, side: float, mesh: FaceMesh) -> tuple[float, float, float, float]:
    luma = image if image.ndim == 2 else cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    fit = _fit(luma, mesh)
    if fit.presence < MIN_FIRST_PRESENCE:
        return float("nan"), float("nan"), side, fit.presence
    pose = head_pose(fit.points)
    box = float(np.ptp(fit.points[:, :2], axis=0).max())
    return pose.yaw, pose.pitch, box * side / len(luma), fit.presence


def _fit(luma: Image, mesh: FaceMesh) -> Mesh:
    middle = len(luma) / 2
    return mesh.fit(luma, roi_of_mesh(mesh.fit(luma, Roi(middle, middle, len(luma) * _ENLARGED, 0.0)).points))


def shrunk(images: Sequence[Image], side: float) -> list[Image]:
    """Return pictures as they look when they were photographed with so many px a side, in their own size."""
    return [_shrunk(image, round(side)) for image in images]


def _shrunk(image: Image, side: int) -> Image:
    whole = image.shape[1], image.shape[0]
    if side >= whole[0]:
        return image
    small = cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA)
    return cv2.resize(small, whole, interpolation=cv2.INTER_LINEAR)


def with_slopes(
    card: ModelCard, images: Sequence[Image], truth: NDArray[np.int8], mesh: FaceMesh, file: Path | None = None
) -> ModelCard:
    """Return a card with the slopes of its limit, measured on faces made small as well as they are.

    Args:
        card: With temperature and limit.
        images: ``(s, s)`` or ``(s, s, 3)`` uint8 validation faces in the model's size and colour.
        truth: ``(n,)`` positions of the right labels among the card's, −1 where there is none.
        mesh: The face mesh.
        file: Where the model's file lies, if it is not yet among the models.
    """
    decided = np.flatnonzero(truth != NO_LABEL)
    if not card.abstain_below or not len(decided):
        return replace(card, abstain_slopes={})
    judged, classifier = [images[int(index)] for index in decided], LiteRTClassifier(card, file=file)
    rows, right, confidence = [], [], []
    for side in SIDES:
        small = shrunk(judged, side)
        seen = view(small, side, mesh)
        probabilities = softened(classifier.logits(small), card.temperature)
        rows.append(np.stack(difficulties(seen.yaw, seen.pitch, seen.size_px, seen.confidence), axis=1)[seen.found])
        right.append((probabilities.argmax(axis=1) == truth[decided])[seen.found])
        confidence.append(probabilities.max(axis=1)[seen.found])
    slopes = fit_slopes(np.concatenate(rows), np.concatenate(confidence), np.concatenate(right))
    return replace(card, abstain_slopes=slopes)


def fit_slopes(rows: NDArray[np.float64], confidence: FloatArray, right: NDArray[np.bool_]) -> dict[str, float]:
    """Return by how much each difficulty raises the limit's logit, none below 0.

    Whether an answer is right is modelled as logistic in the logit of its probability, with coefficient b, less what
    each difficulty takes away. The probability at which an answer is as often right as wrong then rises, in
    logits, by a difficulty's coefficient over b.

    Args:
        rows: ``(n, 4)`` of :func:`emotion.types.difficulties`.
        confidence: ``(n,)`` largest probabilities, 0–1.
        right: ``(n,)``, whether the answer was right.
    """
    sure = np.clip(confidence.astype(np.float64), 1e-6, 1 - 1e-6)
    features = np.column_stack([np.log(sure / (1 - sure)), -rows])
    scale = np.maximum(features.std(axis=0), 1e-9)
    design = np.column_stack([np.ones(len(features)), features / scale])
    sign = np.where(right, 1.0, -1.0)

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        margins = sign * (design @ weights)
        pull = -sign * expit(-margins) / len(sign)
        penalty = _PENALTY * weights[1:]
        value = float(np.logaddexp(0, -margins).mean() + 0.5 * _PENALTY * (weights[1:] ** 2).sum())
        return value, design.T @ pull + np.append(0.0, penalty)

    start = np.append([0.0, 1.0], np.zeros(rows.shape[1]))
    bounds = [(None, None), (1e-3, None), *[(0.0, None)] * rows.shape[1]]
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds).x[1:] / scale
    values = found[1:] / found[0]
    return {name: round(float(value), _DIGITS) for name, value in zip(ABSTAIN_SLOPES, values, strict=True)}
