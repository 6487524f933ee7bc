"""Finds faces in pictures that are upside down or on their side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from emotion.types import Detector, Face, FloatArray, Image, Region

TURNS = (2, 1, 3)
"""Quarter turns against the clock to look at, upside down first: a camera that hangs from the ceiling."""
LEAST_CONFIDENCE = 0.75
"""More than of an upright find, for three more looks find three times as much that is no face."""
_EYES = ((0.3, 0.4), (0.7, 0.4))
"""Where the right and the left eye are in a face's box, as shares of its sides."""


class Turned:
    """A detector that turns the picture, and what it finds back to where it is in the picture as it was.

    Args:
        detector: Finds upright faces.
        turn: Quarters against the clock.
    """

    def __init__(self, detector: Detector, turn: int) -> None:
        self._detector, self._turn = detector, turn

    def regions(self, width: int, height: int) -> list[Region]:
        """Return the parts that the detector looks at if nothing was turned; :meth:`detect` looks at all of its own."""
        return self._detector.regions(width, height)

    def detect(self, image: Image, regions: Sequence[Region] | None = None) -> list[Face]:
        """Return the faces in ``(H, W, 3)`` RGB ``image``; ``regions`` are ignored.

        All carry landmarks, two eyes at least, which say how the face lies.
        """
        del regions
        turned = np.ascontiguousarray(np.rot90(image, self._turn))
        sure = (face for face in self._detector.detect(turned) if face.confidence >= LEAST_CONFIDENCE)
        return [_turned_back(face, self._turn, turned.shape) for face in sure]


def _turned_back(face: Face, turn: int, shape: tuple[int, ...]) -> Face:
    """Return a face of a picture that was turned, where it is in the picture before.

    Args:
        face: In the turned picture.
        turn: By how many quarters against the clock.
        shape: Of the turned picture, rows first.
    """
    marks = _eyes(face.box_xyxy) if face.landmarks is None else face.landmarks
    corners = _points_back(face.box_xyxy.reshape(2, 2), turn, shape)
    box = np.concatenate([corners.min(axis=0), corners.max(axis=0)])
    return replace(face, box_xyxy=box, landmarks=_points_back(marks, turn, shape))


def _points_back(points: FloatArray, turn: int, shape: tuple[int, ...]) -> FloatArray:
    """Turn ``(n, 2)`` points, px, with their picture: clockwise, a quarter at a time."""
    height, width = shape[:2]
    for _ in range(turn):
        points = np.stack([height - points[:, 1], points[:, 0]], axis=1)
        height, width = width, height
    return points.astype(np.float32)


def _eyes(box: FloatArray) -> FloatArray:
    return box[:2] + (box[2:] - box[:2]) * np.array(_EYES, np.float32)
