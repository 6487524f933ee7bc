"""Finds faces in pictures that lie on their side or stand on their head."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from emotion.protocols import Detector, Region
from emotion.types import Face, FloatArray, Image

_TURNS = (2, 1, 3)
"""Quarter turns against the clock, upside down first: a camera that hangs from the ceiling."""
_EYES_ACROSS = ((0.3, 0.4), (0.7, 0.4))
"""Where the right and the left eye are in a face's box, as shares of its sides."""


class AnyWayUp:
    """A detector that looks at a picture turned as well, where it finds nothing in it as it is.

    Args:
        detector: Finds upright faces.
    """

    def __init__(self, detector: Detector) -> None:
        self._detector = detector

    def regions(self, width: int, height: int) -> list[Region]:
        """Return the parts that the detector looks at."""
        return self._detector.regions(width, height)

    def detect(self, image: Image, regions: Sequence[Region] | None = None) -> list[Face]:
        """Return the faces in ``(H, W, 3)`` RGB ``image``, with their places in it as it is.

        Those of a turned picture carry landmarks, two eyes at least, which say how they are turned.
        """
        found = self._detector.detect(image, regions)
        turns = iter(_TURNS)
        while not found and (turn := next(turns, None)) is not None:
            turned = np.ascontiguousarray(np.rot90(image, turn))
            found = [_turned_back(face, turn, turned.shape) for face in self._detector.detect(turned)]
        return found


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
    return box[:2] + (box[2:] - box[:2]) * np.array(_EYES_ACROSS, np.float32)
