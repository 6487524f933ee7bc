"""Finds faces in pictures that are upside down or on their side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from emotion.types import Detector, Face, FloatArray, Image, Region

TURNS = (2, 1, 3)
"""Counter-clockwise quarter turns to try, upside down first, for cameras mounted on a ceiling."""
MIN_CONFIDENCE = 0.75
"""Minimum confidence; higher than for upright faces, as three more searches find three times as many false faces."""
_EYES = ((0.3, 0.4), (0.7, 0.4))
"""Where the right and the left eye are in a face's box, as shares of its sides."""


class Turned:
    """A detector that searches a rotated picture and maps its detections back.

    Args:
        detector: Finds upright faces.
        turn: Counter-clockwise quarter turns.
    """

    def __init__(self, detector: Detector, turn: int) -> None:
        self._detector, self._turn = detector, turn

    def regions(self, width: int, height: int) -> list[Region]:
        """Return the detector's regions; :meth:`detect` always searches all of the rotated picture."""
        return self._detector.regions(width, height)

    def detect(self, image: Image, regions: Sequence[Region] | None = None) -> list[Face]:
        """Return the faces in ``(H, W, 3)`` RGB ``image``; ``regions`` are ignored.

        All have landmarks, at least the two eyes, which give the face's rotation.
        """
        del regions
        turned = np.ascontiguousarray(np.rot90(image, self._turn))
        sure = (face for face in self._detector.detect(turned) if face.confidence >= MIN_CONFIDENCE)
        return [_rotated_back(face, self._turn, turned.shape) for face in sure]


def _rotated_back(face: Face, turn: int, shape: tuple[int, ...]) -> Face:
    """Map a face from a picture rotated by ``turn`` quarters, of this shape, to the picture before."""
    marks = _eyes(face.box_xyxy) if face.landmarks is None else face.landmarks
    corners = _rotate_points(face.box_xyxy.reshape(2, 2), turn, shape)
    box = np.concatenate([corners.min(axis=0), corners.max(axis=0)])
    return replace(face, box_xyxy=box, landmarks=_rotate_points(marks, turn, shape))


def _rotate_points(points: FloatArray, turn: int, shape: tuple[int, ...]) -> FloatArray:
    """Rotate ``(n, 2)`` points, px, clockwise with their picture, a quarter at a time."""
    height, width = shape[:2]
    for _ in range(turn):
        points = np.stack([height - points[:, 1], points[:, 0]], axis=1)
        height, width = width, height
    return points.astype(np.float32)


def _eyes(box: FloatArray) -> FloatArray:
    return box[:2] + (box[2:] - box[:2]) * np.array(_EYES, np.float32)
