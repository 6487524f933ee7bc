"""Abstention slopes: how much a model's abstention threshold rises for turned, small and uncertain faces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

from emotion.labels import NO_LABEL
from emotion.model_card import ABSTAIN_SLOPES, FULL_SIZE_PX, difficulties
from emotion.types import FloatArray, Image, ModelCard
from emotion.vision.classify import LiteRTClassifier, scaled_softmax
from emotion.vision.landmarks import MIN_FIRST_PRESENCE, FaceMesh, Roi, head_pose
from training.augment import coarsened
from training.preparation.alignment import fit_twice, to_luma

SIDES = (FULL_SIZE_PX, 48.0, 24.0)
"""Resolutions at which faces are measured, px."""

_ENLARGED = 1.4
"""Side of the region that the mesh searches first, in sides of the picture."""
MIN_DOUBT_SLOPE = 2.0
"""Smallest slope for doubt that there is a face. It cannot be fitted, because every validation picture shows a face."""
_PENALTY = 1e-3
_DIGITS = 4


def view(image: Image, side: float, mesh: FaceMesh) -> tuple[float, float, float, float]:
    """Return yaw and pitch (degrees, NaN without a face), size (px) and the mesh's confidence for a face.

    Args:
        image: ``(s, s)`` grey or ``(s, s, 3)`` RGB, uint8, filled by the face.
        side: Side of the picture at which the face would have the size to report, px.
        mesh: The face mesh.
    """
    luma = to_luma(image)
    fit = fit_twice(mesh, luma, Roi(len(luma) / 2, len(luma) / 2, len(luma) * _ENLARGED, 0.0))
    if fit.presence < MIN_FIRST_PRESENCE:
        return float("nan"), float("nan"), side, fit.presence
    pose = head_pose(fit.points)
    box = float(np.ptp(fit.points[:, :2], axis=0).max())
    return pose.yaw, pose.pitch, box * side / len(luma), fit.presence


def with_slopes(
    card: ModelCard, images: Sequence[Image], truth: NDArray[np.int8], mesh: FaceMesh, file: Path | None = None
) -> ModelCard:
    """Return a card with abstention slopes, measured on validation faces at several resolutions.

    Args:
        card: Card with temperature and abstention threshold.
        images: ``(s, s)`` or ``(s, s, 3)`` uint8 validation faces.
        truth: ``(n,)`` correct labels as positions in the card's labels, −1 for none.
        mesh: The face mesh.
        file: The model's file, if it is not installed yet.
    """
    decided = np.flatnonzero(truth != NO_LABEL)
    if not card.abstain_below or not len(decided):
        return replace(card, abstain_slopes={})
    labelled, classifier = [images[int(index)] for index in decided], LiteRTClassifier(card, file=file)
    rows, right, confidence = [], [], []
    for side in SIDES:
        small = [coarsened(image, round(side)) for image in labelled]
        views = np.array([view(image, side, mesh) for image in small], np.float32)
        found = np.isfinite(views[:, 0])
        probabilities = scaled_softmax(classifier.logits(small), card.temperature)
        rows.append(np.stack(difficulties(*views.T), axis=1)[found])
        right.append((probabilities.argmax(axis=1) == truth[decided])[found])
        confidence.append(probabilities.max(axis=1)[found])
    difficulty = np.concatenate(rows)
    if not len(difficulty):
        return replace(card, abstain_slopes={})
    slopes = fit_slopes(difficulty, np.concatenate(confidence), np.concatenate(right))
    return replace(card, abstain_slopes=slopes | {"doubt": max(slopes["doubt"], MIN_DOUBT_SLOPE)})


def fit_slopes(rows: NDArray[np.float64], confidence: FloatArray, right: NDArray[np.bool_]) -> dict[str, float]:
    """Return how much each difficulty raises the threshold, in logits per unit, at least 0.

    A logistic regression predicts whether an answer is right from the logit of its probability (coefficient b) and the
    difficulties. The break-even probability then rises by a difficulty's coefficient divided by b.

    Args:
        rows: ``(n, 4)`` of :func:`emotion.model_card.difficulties`.
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
