"""Confirms newly detected faces, as animals, masks and clocks can pass the detector and the mesh.

The mesh runs again on the mirrored picture and on the picture in colour, and the short-range detector on a square
around the face. A linear function of the scores decides. ``python -m bench false-faces --fit`` fits its weights and
threshold on one half of the data such that no human face in it is rejected. Tracked faces are not checked again.

Detector and mesh can mistake an upside-down face for an upright one; its expression is then wrong. The short-range
detector tells which way up a face is, and the mesh must agree.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from emotion.types import Face, FloatArray, Image
from emotion.vision.detection.detect import BlazeFace
from emotion.vision.landmarks import FaceMesh, Mesh, Roi, roi_of_mesh

CONFIRM_FILE = Path(__file__).with_suffix(".json")
"""Fitted weights and threshold."""

FEATURES = ("mesh", "short_range", "detector")
"""Scores of a detection, in logits; see :meth:`FaceCheck.measure`."""

SURROUNDINGS = 1.5
"""Side of the square around a face, in longer sides of its box."""
MIN_VISIBLE = 0.7
"""A face is only checked if at least this share of its surroundings is in the picture, as the detector needs them."""

UPSIDE_DOWN_LOGITS = 0.45
"""A face counts as upside down if turning it by 180° raises the short-range detector's score by this or more. The score
of an upright face that is cropped tightly, half covered or behind sunglasses may rise a little, too."""
_TURNED_MESH_LOGIT = -5.0
"""The mesh fitted to the turned square must score at least this: it finds nothing in an upright face upside down."""

_MAX_LOGIT = 20.0
_SQUARES = (1.6, 2.5)
"""Sides of the squares given to the short-range detector, in longer sides of the box."""


@dataclass(frozen=True, slots=True)
class Weights:
    """A linear function of :data:`FEATURES`; a detection that scores below the limit is rejected."""

    weights: tuple[float, ...]
    limit: float

    def score(self, features: FloatArray) -> float:
        """Return the weighted sum of one detection's features."""
        return float(np.dot(self.weights, features))


def load_weights(file: Path = CONFIRM_FILE) -> Weights:
    """Return the fitted weights."""
    record = json.loads(file.read_text(encoding="utf-8"))
    return Weights(tuple(float(record["weights"][name]) for name in FEATURES), float(record["limit"]))


class FaceCheck:
    """Tells human faces from false detections; safe to share between threads.

    Args:
        mesh: The face mesh.
        short_range: The short-range BlazeFace.
        weights: The decision function; the fitted one by default.
    """

    def __init__(self, mesh: FaceMesh, short_range: BlazeFace, weights: Weights | None = None) -> None:
        self._mesh, self._short_range = mesh, short_range
        self._weights = weights or load_weights()

    def __call__(self, luma: Image, rgb: Image, detection: Face, fits: Sequence[Mesh]) -> bool:
        """Return whether a detection is a face, and not upside down.

        If too little of its surroundings is visible, only the second is checked.

        Args:
            luma: ``(H, W)`` uint8.
            rgb: ``(H, W, 3)`` uint8, the same picture.
            detection: The detection to check.
            fits: The mesh fitted to the detector's box, and again to where that fit placed the face.
        """
        points = fits[-1].points
        if visible_share(points, luma) >= MIN_VISIBLE:
            features = self.measure(luma, rgb, detection, fits)
            if self._weights.score(features) < self._weights.limit:
                return False
            upright = float(features[FEATURES.index("short_range")])
        else:
            upright = self._short_range_logit(rgb, points)
        rise = self._short_range_logit(rgb, points, turned=math.pi) - upright
        return rise < UPSIDE_DOWN_LOGITS or self._turned_mesh_logit(luma, points) < _TURNED_MESH_LOGIT

    def measure(self, luma: Image, rgb: Image, detection: Face, fits: Sequence[Mesh]) -> FloatArray:
        """Return the ``(3,)`` float32 :data:`FEATURES`; arguments as in a call.

        They are the logits of the mesh's mean presence, of the short-range detector and of the first detector.
        """
        roi = roi_of_mesh(fits[-1].points)
        again = (self._mesh.fit(*_mirrored(luma, roi)), self._mesh.fit(rgb, roi))
        mesh = float(np.mean([_logit(fit.presence) for fit in (*fits, *again)]))
        short_range = self._short_range_logit(rgb, fits[-1].points)
        return np.array([mesh, short_range, _logit(detection.confidence)], np.float32)

    def _turned_mesh_logit(self, luma: Image, points: FloatArray) -> float:
        roi = roi_of_mesh(points)
        return _logit(self._mesh.fit(luma, Roi(roi.x, roi.y, roi.side, roi.angle + math.pi)).presence)

    def _short_range_logit(self, rgb: Image, points: FloatArray, turned: float = 0.0) -> float:
        """Return the short-range detector's best score of a face, ``(n, 3)`` points, turned by an angle in radians."""
        roi, side = roi_of_mesh(points), float(np.ptp(points[:, :2], axis=0).max())
        squares = (
            _cut_out(rgb, Roi(roi.x, roi.y, side * factor, roi.angle + turned), self._short_range.side)
            for factor in _SQUARES
        )
        return max(self._short_range.best_logit(square) for square in squares)


def visible_share(points: FloatArray, luma: Image) -> float:
    """Return the share of the surroundings of a face, ``(n, 2 or 3)`` points, that lies in the picture, 0–1."""
    low, high = points[:, :2].min(axis=0), points[:, :2].max(axis=0)
    middle, side = (low + high) / 2, float((high - low).max()) * SURROUNDINGS
    size = np.array([luma.shape[1], luma.shape[0]])
    inside = np.clip(np.minimum(middle + side / 2, size) - np.maximum(middle - side / 2, 0), 0, None)
    return float(inside.prod()) / max(side * side, 1e-9)


def _mirrored(luma: Image, roi: Roi) -> tuple[Image, Roi]:
    """Return the mirrored surroundings of a square, and the square within them."""
    height, width = luma.shape
    reach = roi.side  # a turned square reaches 0.71 sides from its middle
    left, right = max(math.floor(roi.x - reach), 0), min(math.ceil(roi.x + reach), width)
    top, bottom = max(math.floor(roi.y - reach), 0), min(math.ceil(roi.y + reach), height)
    part = np.ascontiguousarray(luma[top:bottom, left:right][:, ::-1])
    return part, Roi(right - 1 - roi.x, roi.y - top, roi.side, -roi.angle)


def _cut_out(rgb: Image, roi: Roi, side: int) -> Image:
    """Return a rotated square upright, ``(side, side, 3)``; pixels beyond the picture repeat its edge."""
    twice = cv2.warpAffine(rgb, roi.to_square(2 * side), (2 * side, 2 * side), borderMode=cv2.BORDER_REPLICATE)
    return cv2.resize(twice, (side, side), interpolation=cv2.INTER_AREA)


def _logit(probability: float) -> float:
    kept = min(max(probability, 1e-12), 1 - 1e-12)
    return max(-_MAX_LOGIT, min(_MAX_LOGIT, math.log(kept / (1 - kept))))
