"""Scores of parts and points."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from emotion.models.face_parts import KEYPOINTS
from emotion.types import FloatArray

_EYES = (KEYPOINTS.index("left_eye_center"), KEYPOINTS.index("right_eye_center"))


def dice(found: NDArray[np.bool_], truth: NDArray[np.bool_]) -> FloatArray:
    """Return the mean Dice coefficient of each part (Dice 1945): twice the overlap by the sum of both areas.

    Args:
        found: ``(n, h, w, parts)`` bool.
        truth: The same shape. A part that is empty in both scores 1.

    Returns:
        ``(parts,)`` float64, 0–1, mean over pictures.
    """
    both, areas = _areas(found, truth)
    return np.asarray(np.where(areas > 0, 2 * both / np.maximum(areas, 1), 1.0).mean(axis=0))


def iou(found: NDArray[np.bool_], truth: NDArray[np.bool_]) -> FloatArray:
    """Return the mean intersection over union of each part (Jaccard 1912); see :func:`dice`."""
    both, areas = _areas(found, truth)
    return np.asarray(np.where(areas > 0, both / np.maximum(areas - both, 1), 1.0).mean(axis=0))


def _areas(found: NDArray[np.bool_], truth: NDArray[np.bool_]) -> tuple[FloatArray, FloatArray]:
    """Return ``(n, parts)``: overlaps, and sums of both areas."""
    both = np.count_nonzero(found & truth, axis=(1, 2)).astype(np.float64)
    areas = (np.count_nonzero(found, axis=(1, 2)) + np.count_nonzero(truth, axis=(1, 2))).astype(np.float64)
    return both, areas


def point_errors(found: FloatArray, truth: FloatArray) -> FloatArray:
    """Return the distance of each point from the truth, as a share of the distance between the eyes.

    Args:
        found: ``(n, 15, 2)``.
        truth: The same, NaN where a point is not known.

    Returns:
        ``(n, 15)`` float64, NaN where the point or an eye is not known.
    """
    eyes = np.linalg.norm(truth[:, _EYES[0]] - truth[:, _EYES[1]], axis=1).astype(np.float64)
    return np.asarray(np.linalg.norm(found - truth, axis=2) / eyes[:, None])


def mean_point_error(found: FloatArray, truth: FloatArray) -> float:
    """Return the mean of :func:`point_errors` over all known points: the normalised mean error."""
    return float(np.nanmean(point_errors(found, truth)))


def presence_scores(logits: FloatArray, truth: NDArray[np.bool_]) -> dict[str, float]:
    """Return accuracy, precision and recall of detecting a face with visible parts.

    Args:
        logits: ``(n,)``, yes where positive.
        truth: ``(n,)`` bool.
    """
    said = logits > 0
    right = float(np.count_nonzero(said & truth))
    return {
        "accuracy": float(np.mean(said == truth)),
        "precision": right / max(int(np.count_nonzero(said)), 1),
        "recall": right / max(int(np.count_nonzero(truth)), 1),
    }
