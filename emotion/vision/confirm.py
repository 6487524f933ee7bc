"""Confirms a face that is new in view, as animals, masks and clocks can pass the detector and the mesh.

The mesh runs again on the mirrored picture and on the picture in colour, and the short-range detector on the face's
square. A linear function of the answers decides. ``python -m bench false-faces --fit`` chooses its weights and
threshold so that no human face is lost in the half of the data on which they are chosen. Known faces cost nothing.
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
from emotion.vision.detect import BlazeFace
from emotion.vision.landmarks import FaceMesh, Mesh, Roi, roi_of_mesh

CONFIRM_FILE = Path(__file__).with_suffix(".json")
"""The measured weights and limit."""

FEATURES = ("mesh", "short_range", "detector")
"""What is measured of a find, each in logits; see :meth:`FaceCheck.measure`."""

SURROUNDINGS = 1.5
"""A face's surroundings are a square of so many times the longer side of its box."""
LEAST_VISIBLE = 0.7
"""Where less of the surroundings is in the picture, a face is not judged: the detector needs to see them."""

_LARGEST_LOGIT = 20.0
_LOOKS = (1.6, 2.5)
"""Sides of the squares that the short-range detector sees, in longer sides of the box."""


@dataclass(frozen=True, slots=True)
class Weights:
    """A linear function of :data:`FEATURES`; below the limit a find is no face."""

    weights: tuple[float, ...]
    limit: float

    def score(self, features: FloatArray) -> float:
        """Return the weighted sum of one find's features."""
        return float(np.dot(self.weights, features))


def load_weights(file: Path = CONFIRM_FILE) -> Weights:
    """Return the weights that the measurement wrote."""
    record = json.loads(file.read_text(encoding="utf-8"))
    return Weights(tuple(float(record["weights"][name]) for name in FEATURES), float(record["limit"]))


class FaceCheck:
    """Tells faces of people from finds that only look like one; safe to share between threads.

    Args:
        mesh: The face mesh.
        short_range: The short-range BlazeFace.
        weights: The decision; as measured if None.
    """

    def __init__(self, mesh: FaceMesh, short_range: BlazeFace, weights: Weights | None = None) -> None:
        self._mesh, self._short_range = mesh, short_range
        self._weights = weights or load_weights()

    def __call__(self, luma: Image, rgb: Image, find: Face, fits: Sequence[Mesh]) -> bool:
        """Return whether a find is a face; what cannot be judged is one.

        Args:
            luma: ``(H, W)`` uint8.
            rgb: ``(H, W, 3)`` uint8, the same picture.
            find: Of the detector.
            fits: The mesh on the detector's box, and where that fit showed the face to be.
        """
        if visible_share(fits[-1].points, luma) < LEAST_VISIBLE:
            return True
        return self._weights.score(self.measure(luma, rgb, find, fits)) >= self._weights.limit

    def measure(self, luma: Image, rgb: Image, find: Face, fits: Sequence[Mesh]) -> FloatArray:
        """Return ``(3,)`` float32 logits: the mesh's mean presence, the short-range detector's, the detector's own.

        Args: As of a call.
        """
        roi = roi_of_mesh(fits[-1].points)
        again = (self._mesh.fit(*_mirrored(luma, roi)), self._mesh.fit(rgb, roi))
        mesh = float(np.mean([_logit(fit.presence) for fit in (*fits, *again)]))
        side = _longer_side(fits[-1].points)
        squares = (_cut_out(rgb, Roi(roi.x, roi.y, side * look, roi.angle), self._short_range.side) for look in _LOOKS)
        short_range = max(self._short_range.best_logit(square) for square in squares)
        return np.array([mesh, short_range, _logit(find.confidence)], np.float32)


def visible_share(points: FloatArray, luma: Image) -> float:
    """Return which share of the surroundings of a face, ``(n, 2 or 3)`` points, lies in the picture, 0–1."""
    low, high = points[:, :2].min(axis=0), points[:, :2].max(axis=0)
    middle, side = (low + high) / 2, float((high - low).max()) * SURROUNDINGS
    size = np.array([luma.shape[1], luma.shape[0]])
    inside = np.clip(np.minimum(middle + side / 2, size) - np.maximum(middle - side / 2, 0), 0, None)
    return float(inside.prod()) / max(side * side, 1e-9)


def _mirrored(luma: Image, roi: Roi) -> tuple[Image, Roi]:
    """Return the mirror image of what surrounds a square, and the square in it."""
    height, width = luma.shape
    reach = roi.side  # a turned square reaches 0.71 sides from its middle
    left, right = max(math.floor(roi.x - reach), 0), min(math.ceil(roi.x + reach), width)
    top, bottom = max(math.floor(roi.y - reach), 0), min(math.ceil(roi.y + reach), height)
    part = np.ascontiguousarray(luma[top:bottom, left:right][:, ::-1])
    return part, Roi(right - 1 - roi.x, roi.y - top, roi.side, -roi.angle)


def _cut_out(rgb: Image, roi: Roi, side: int) -> Image:
    """Return a turned square upright, ``(side, side, 3)``; over the picture's edge the edge is repeated."""
    twice = cv2.warpAffine(rgb, roi.to_square(2 * side), (2 * side, 2 * side), borderMode=cv2.BORDER_REPLICATE)
    return cv2.resize(twice, (side, side), interpolation=cv2.INTER_AREA)


def _longer_side(points: FloatArray) -> float:
    return float(np.ptp(points[:, :2], axis=0).max())


def _logit(probability: float) -> float:
    kept = min(max(probability, 1e-12), 1 - 1e-12)
    return max(-_LARGEST_LOGIT, min(_LARGEST_LOGIT, math.log(kept / (1 - kept))))
