"""Measures brows, lids, lips and jaw in a face mesh from which the head pose was removed.

The codebook :mod:`emotion.vision.movement_codebook` says what each measure means.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from emotion.types import FloatArray
from emotion.vision.landmarks import (
    LEFT_EYE_CORNERS,
    MESH_POINTS,
    MOUTH_LEFT,
    MOUTH_RIGHT,
    NOSE_TIP,
    RIGHT_EYE_CORNERS,
)
from emotion.vision.movement_codebook import MEASURE_COLUMNS, SIDES

MEAN_FACE_FILE = Path(__file__).with_name("mean_face.json")
"""Written by ``python -m training.preparation.measure_mean_face``."""

_EYE_CORNERS = [*RIGHT_EYE_CORNERS, *LEFT_EYE_CORNERS]
_BRIDGE_AND_TIP = [168, 6, 197, 195, 5, 4, 1]
_FOREHEAD = [10, 109, 338, 67, 297, 103, 332, 54, 284, 21, 251]
_TEMPLES_AND_EARS = [162, 389, 127, 356, 234, 454]
STABLE = np.array([*_EYE_CORNERS, *_BRIDGE_AND_TIP, *_FOREHEAD, *_TEMPLES_AND_EARS])
"""Points that expressions move least; the pose is fitted to them."""

MULTIPLY_ADDS = 9 * len(STABLE) + 9 * MESH_POINTS + 3 * MESH_POINTS * len(MEASURE_COLUMNS)
"""Of one face: covariance of the stable points, rotation of all points, and the weighted sums."""

_BROW_INNER = {"left": [336, 296, 285, 295], "right": [107, 66, 55, 65]}
_BROW_OUTER = {"left": [300, 293, 276, 283], "right": [70, 63, 46, 53]}
_UPPER_LID = {"left": [386, 385, 387], "right": [159, 158, 160]}
_LOWER_LID = {"left": [374, 380, 373], "right": [145, 153, 144]}
_CORNERS_OF_EYE = {"left": list(LEFT_EYE_CORNERS), "right": list(RIGHT_EYE_CORNERS)}
_CORNER_OF_MOUTH = {"left": [MOUTH_LEFT], "right": [MOUTH_RIGHT]}
_OUTWARD = {"left": 1.0, "right": -1.0}
"""Sign of x of each side in a picture that is not mirrored."""
_UPPER_LIP, _LOWER_LIP = ([0], [13]), ([14], [17])
"""Upper and lower edge of the red of each lip, in the middle."""


def measures(points: FloatArray) -> FloatArray:
    """Return the measures of faces minus those of the mean neutral face.

    The head pose is removed first (:func:`frontal`), so turning, shifting or enlarging a face does not change them.

    Args:
        points: ``(n, 468, 3)`` mesh points, px; z as the mesh gives it, in px as well.

    Returns:
        ``(n, m)`` float32, shares of the eye distance, in the order of
        :data:`emotion.vision.movement_codebook.MEASURE_COLUMNS`; NaN for a face whose points are not finite.

    Raises:
        ValueError: The points have another shape.
    """
    return np.asarray(_distances(frontal(points)) - _neutral(), np.float32)


def frontal(points: FloatArray | NDArray[np.float64]) -> NDArray[np.float64]:
    """Return faces turned to look ahead, upright, with the eye distance 1.

    Args:
        points: ``(n, 468, 3)`` mesh points, px.

    Returns:
        ``(n, 468, 3)``, the origin in the middle between the eyes; x to the picture's right, y down, z away.

    Raises:
        ValueError: The points have another shape.
    """
    if points.ndim != 3 or points.shape[1:] != (MESH_POINTS, 3):
        raise ValueError(f"expected mesh points of shape (n, {MESH_POINTS}, 3); got {points.shape}")
    known = np.isfinite(points).all(axis=(1, 2))
    turned = np.full(points.shape, np.nan)
    turned[known] = in_eye_distances(fit_to(points[known], mean_face(), STABLE))
    return turned


def fit_to(
    points: FloatArray | NDArray[np.float64], target: NDArray[np.float64], chosen: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Turn, scale and shift faces so that their chosen points lie as near as possible to those of a target.

    Least squares over similarities, in closed form (Umeyama 1991), for all faces at once.

    Args:
        points: ``(n, 468, 3)``.
        target: ``(468, 3)``.
        chosen: ``(k,)`` numbers of points.

    Returns:
        ``(n, 468, 3)``.
    """
    every = np.asarray(points, np.float64)
    source, middle = every[:, chosen], target[chosen].mean(axis=0)
    source_middle = source.mean(axis=1, keepdims=True)
    source = source - source_middle
    u, strengths, vt = np.linalg.svd(source.swapaxes(1, 2) @ (target[chosen] - middle))
    # Only rotations: if the best fit were a reflection, the weakest direction changes sign.
    sign = np.ones_like(strengths)
    sign[:, 2] = np.sign(np.linalg.det(u @ vt))
    turn = (u * sign[:, None, :]) @ vt
    scale = (strengths * sign).sum(axis=1) / np.maximum((source**2).sum(axis=(1, 2)), 1e-12)
    return np.asarray((every - source_middle) @ turn * scale[:, None, None] + middle)


def in_eye_distances(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return ``(n, 468, 3)`` faces with the origin in the middle between the eyes and the eye distance 1."""
    right, left = (points[:, list(pair)].mean(axis=1) for pair in (RIGHT_EYE_CORNERS, LEFT_EYE_CORNERS))
    distance = np.maximum(np.linalg.norm(left - right, axis=1), 1e-12)
    return np.asarray((points - ((left + right) / 2)[:, None]) / distance[:, None, None])


@cache
def mean_face() -> NDArray[np.float64]:
    """Return the mesh's mean neutral face, ``(468, 3)``: symmetrical, looking ahead, with the eye distance 1."""
    face = np.array(json.loads(MEAN_FACE_FILE.read_text(encoding="utf-8"))["points"])
    face.setflags(write=False)
    return face


@cache
def _neutral() -> NDArray[np.float64]:
    return _distances(frontal(mean_face()[None]))


def _distances(faces: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return ``(n, m)`` measures of frontal faces, in the order of the codebook's columns."""
    return np.asarray(faces.reshape(-1, 3 * MESH_POINTS) @ _weights().T)


@cache
def _weights() -> NDArray[np.float64]:
    """Return the ``(m, 3 · 468)`` weights of the coordinates; every measure is a weighted sum of them."""
    upper_red, lower_red = (_height(upper) - _height(lower) for upper, lower in (_UPPER_LIP, _LOWER_LIP))
    weights = {"lip_height": upper_red + lower_red, "lip_gap": _height(_UPPER_LIP[1]) - _height(_LOWER_LIP[0])}
    for side in SIDES:
        eye, mouth = _height(_CORNERS_OF_EYE[side]), _CORNER_OF_MOUTH[side]
        weights |= {
            f"brow_inner_{side}": _height(_BROW_INNER[side]) - eye,
            f"brow_outer_{side}": _height(_BROW_OUTER[side]) - eye,
            f"lid_gap_{side}": _height(_UPPER_LID[side]) - _height(_LOWER_LID[side]),
            f"lip_corner_height_{side}": _height(mouth) - _height([NOSE_TIP]),
            f"lip_corner_reach_{side}": _mean_of(mouth, axis=0) * _OUTWARD[side],
        }
    return np.stack([weights[name].ravel() for name in MEASURE_COLUMNS])


def _height(chosen: Sequence[int]) -> NDArray[np.float64]:
    return -_mean_of(chosen, axis=1)


def _mean_of(chosen: Sequence[int], axis: int) -> NDArray[np.float64]:
    """Return the ``(468, 3)`` weights of the mean of some points along x (0) or y (1)."""
    weights = np.zeros((MESH_POINTS, 3))
    weights[chosen, axis] = 1 / len(chosen)
    return weights
