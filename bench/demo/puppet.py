"""Animates a portrait by warping it around points of the face mesh."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from emotion.types import FloatArray, Image

Offsets = NDArray[np.float32]

# Points of MediaPipe's face mesh; in a pair, the one at the left of the picture is first.
_CORNERS, _CHEEKS, _OUTER_EYES = (61, 291), (205, 425), (33, 263)
_INNER_BROWS, _MIDDLE_BROWS, _OUTER_BROWS = (107, 336), (105, 334), (70, 300)
_UPPER_LIDS, _LOWER_LIDS = (159, 386), (145, 374)
_UPPER_LIP, _LOWER_LIP = (13, 0), (14, 17)
_CHIN, _NOSE, _FOREHEAD = 152, 1, 9

_SEARCH_STEPS = 4


@dataclass(frozen=True, slots=True)
class Pull:
    """A displacement of the skin around a point. Lengths are in units of the distance between the outer eye corners.

    Attributes:
        point: Number of the mesh point.
        x: Shift to the right.
        y: Shift downwards.
        reach: Standard deviation of the Gaussian that weights the displacement.
    """

    point: int
    x: float
    y: float
    reach: float


def _pair(points: Sequence[int], outwards: float, down: float, reach: float) -> tuple[Pull, ...]:
    return Pull(points[0], -outwards, down, reach), Pull(points[1], outwards, down, reach)


def _middle(points: Sequence[int], down: float, reach: float) -> tuple[Pull, ...]:
    return tuple(Pull(point, 0.0, down, reach) for point in points)


MOVES: dict[str, tuple[Pull, ...]] = {
    "mouth wide": _pair(_CORNERS, 0.06, 0.0, 0.11),
    "mouth up": _pair(_CORNERS, 0.0, -0.08, 0.11),
    "cheeks up": _pair(_CHEEKS, 0.02, -0.05, 0.14),
    "inner brows up": _pair(_INNER_BROWS, 0.0, -0.08, 0.10),
    "brows up": _pair(_MIDDLE_BROWS, 0.0, -0.08, 0.12),
    "outer brows up": _pair(_OUTER_BROWS, 0.0, -0.06, 0.10),
    "brows together": _pair(_INNER_BROWS, -0.04, 0.0, 0.09),
    "eyes wide": _pair(_UPPER_LIDS, 0.0, -0.03, 0.05),
    "lower lids up": _pair(_LOWER_LIDS, 0.0, -0.02, 0.06),
    "lower lip down": (*_middle(_LOWER_LIP, 0.09, 0.10), Pull(_CHIN, 0.0, 0.06, 0.22)),
    "upper lip up": _middle(_UPPER_LIP, -0.04, 0.07),
    "blink": (*_pair(_UPPER_LIDS, 0.0, 0.075, 0.05), *_pair(_LOWER_LIDS, 0.0, -0.012, 0.05)),
    "turn": (Pull(_NOSE, 0.09, 0.0, 0.28), Pull(_CHIN, 0.05, 0.0, 0.25), Pull(_FOREHEAD, 0.05, 0.0, 0.30)),
}
"""Name → displacements at strength 1; a negative strength does the opposite."""


class Puppet:
    """A portrait that can move.

    Args:
        portrait: ``(h, w, 3)`` uint8 RGB.
        mesh: ``(468, 2)`` mesh points of its face, px.
    """

    def __init__(self, portrait: Image, mesh: FloatArray) -> None:
        height, width = portrait.shape[:2]
        left, right = mesh[list(_OUTER_EYES)]
        self._portrait, self._mesh, self._unit_px = portrait, mesh, float(np.linalg.norm(right - left))
        self._grid = np.stack(np.meshgrid(np.arange(width), np.arange(height)), axis=-1).astype(np.float32)
        self._fields = {name: self._field(pulls) for name, pulls in MOVES.items()}

    def _field(self, pulls: Sequence[Pull]) -> Offsets:
        """Return the displacement of each pixel, ``(h, w, 2)`` px."""
        total = np.zeros_like(self._grid)
        for pull in pulls:
            away = ((self._grid - self._mesh[pull.point]) ** 2).sum(axis=-1, keepdims=True)
            near = np.exp(-away / (2 * (pull.reach * self._unit_px) ** 2))
            total += near * np.array([pull.x, pull.y], np.float32) * self._unit_px
        return total

    def show(self, strengths: Mapping[str, float]) -> Image:
        """Return the portrait with moves of the given strengths."""
        field = np.zeros_like(self._grid)
        for name, strength in strengths.items():
            field += np.float32(strength) * self._fields[name]
        # Fixed-point iteration: the source of a pixel is the point that is displaced onto it.
        source = self._grid - field
        for _ in range(_SEARCH_STEPS):
            source = self._grid - cv2.remap(field, source[..., 0], source[..., 1], cv2.INTER_LINEAR)
        shown = cv2.remap(
            self._portrait, source[..., 0], source[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        return np.asarray(shown, np.uint8)
