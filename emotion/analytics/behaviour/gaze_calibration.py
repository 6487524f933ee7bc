"""Calibrates gaze: fits a map from measured to true gaze angles while a person looks at a few known dots."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from emotion.errors import InputError

MIN_DOTS = 5
"""Minimum number of dots: an affine map has three parameters per angle, and other dots must check it."""

Kind = Literal["none", "offset", "affine"]


@dataclass(frozen=True, slots=True, eq=False)
class GazeCalibration:
    """A map of gaze angles.

    Attributes:
        kind: ``"affine"``, ``"offset"`` (a shift), or ``"none"`` if neither reduces the error on left-out dots.
        matrix: ``(2, 3)`` float64: calibrated yaw and pitch are ``matrix @ [yaw, pitch, 1]``, degrees.
        error_deg: Mean angle between calibrated gaze and dot, with the map fitted to the other dots.
        error_before_deg: Mean angle between measured gaze and dot.
        dots: Number of dots with a known gaze.
    """

    kind: Kind
    matrix: NDArray[np.float64]
    error_deg: float
    error_before_deg: float
    dots: int

    def __call__(self, gaze_deg: ArrayLike) -> NDArray[np.float64]:
        """Return ``(n, 2)`` calibrated yaw and pitch, degrees, of ``(n, 2)`` measured ones; NaN stays NaN."""
        return _mapped(self.matrix, np.asarray(gaze_deg, np.float64))


def fit_gaze(gaze_deg: ArrayLike, targets_deg: ArrayLike, dots: ArrayLike) -> GazeCalibration:
    """Return the map with the smallest error in leave-one-out cross-validation over the dots.

    Candidates are no map, a shift and an affine map (least squares). Each dot counts with its median gaze, which is
    robust to blinks and late looks.

    Args:
        gaze_deg: ``(n, 2)`` measured yaw and pitch; rows with NaN are left out.
        targets_deg: ``(k, 2)`` yaw and pitch of each dot as seen from the eyes, with the signs of the gaze.
        dots: ``(n,)`` number of the dot that was shown for each row, 0 to k − 1.

    Raises:
        InputError: The gaze is known at fewer than :data:`MIN_DOTS` dots.
    """
    gaze, targets, shown = np.asarray(gaze_deg, np.float64), np.asarray(targets_deg, np.float64), np.asarray(dots)
    known = np.isfinite(gaze).all(axis=1)
    numbers = np.unique(shown[known])
    if len(numbers) < MIN_DOTS:
        raise InputError(f"expected a gaze at {MIN_DOTS} dots or more; got one at {len(numbers)} of {len(targets)}")
    seen = np.array([np.median(gaze[known & (shown == number)], axis=0) for number in numbers])
    aims = targets[numbers]
    errors = {kind: _error_left_out(kind, seen, aims) for kind in _FITS}
    best = min(errors, key=lambda kind: errors[kind])
    return GazeCalibration(best, _FITS[best](seen, aims), errors[best], errors["none"], len(numbers))


def dot_angles(right_cm: ArrayLike, down_cm: ArrayLike, distance_cm: float) -> NDArray[np.float64]:
    """Return ``(n, 2)`` yaw and pitch, degrees, of dots on a screen with the camera in its plane.

    Yaw is positive to the right of the camera's picture, which is the person's left.

    Args:
        right_cm: ``(n,)`` distance of each dot to the right of the camera, as the person sees it.
        down_cm: ``(n,)`` distance of each dot below the camera.
        distance_cm: Distance from the eyes to the camera.
    """
    right, down = np.asarray(right_cm, np.float64), np.asarray(down_cm, np.float64)
    yaw = -np.arctan2(right, distance_cm)
    pitch = -np.arctan2(down, np.hypot(distance_cm, right))
    return np.degrees(np.stack([yaw, pitch], axis=1))


def angle_between(first_deg: NDArray[np.float64], second_deg: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the angle between directions given as ``(n, 2)`` yaw and pitch, degrees, ``(n,)``."""
    one, other = _directions(first_deg), _directions(second_deg)
    return np.asarray(np.degrees(np.arccos(np.clip((one * other).sum(axis=1), -1, 1))))


def _directions(angles_deg: NDArray[np.float64]) -> NDArray[np.float64]:
    yaw, pitch = np.radians(angles_deg).T
    return np.stack([np.sin(yaw) * np.cos(pitch), np.sin(pitch), np.cos(yaw) * np.cos(pitch)], axis=1)


def _error_left_out(kind: Kind, seen: NDArray[np.float64], aims: NDArray[np.float64]) -> float:
    errors = []
    for place in range(len(seen)):
        others = np.arange(len(seen)) != place
        matrix = _FITS[kind](seen[others], aims[others])
        errors.append(angle_between(_mapped(matrix, seen[[place]]), aims[[place]])[0])
    return float(np.mean(errors))


def _mapped(matrix: NDArray[np.float64], gaze: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(gaze @ matrix[:, :2].T + matrix[:, 2])


def _identity(_seen: NDArray[np.float64], _aims: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.eye(2, 3)


def _offset(seen: NDArray[np.float64], aims: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.column_stack([np.eye(2), np.median(aims - seen, axis=0)])


def _affine(seen: NDArray[np.float64], aims: NDArray[np.float64]) -> NDArray[np.float64]:
    # If all gazes are equal, lstsq returns the minimum-norm solution, which cross-validation rejects.
    with_one = np.column_stack([seen, np.ones(len(seen))])
    return np.asarray(np.linalg.lstsq(with_one, aims, rcond=None)[0].T)


_Fit = Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.float64]]
_FITS: dict[Kind, _Fit] = {"none": _identity, "offset": _offset, "affine": _affine}
