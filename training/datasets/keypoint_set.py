"""A set of faces with the fifteen points of Kaggle's facial-keypoints competition."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from emotion.errors import DatasetError
from emotion.models.face_parts import KEYPOINTS

KEYPOINT_IMAGE_SIZE = 96
"""Side of a keypoint picture, px."""


@dataclass(frozen=True, slots=True, eq=False)
class KeypointSet:
    """Faces of one split with their points.

    Attributes:
        split: Name of the split.
        images: ``(n, 96, 96)`` uint8 grey, 0–255.
        points: ``(n, 15, 2)`` float32, x and y in px in the order of
            :data:`emotion.models.face_parts.KEYPOINTS`, NaN where missing.
    """

    split: str
    images: NDArray[np.uint8]
    points: NDArray[np.float32]

    def __post_init__(self) -> None:
        side = KEYPOINT_IMAGE_SIZE
        if self.images.dtype != np.uint8 or self.images.shape[1:] != (side, side):
            raise DatasetError(
                f"expected uint8 faces of shape (n, {side}, {side}); got {self.images.dtype} {self.images.shape}"
            )
        expected = (len(self.images), len(KEYPOINTS), 2)
        if self.points.dtype != np.float32 or self.points.shape != expected:
            raise DatasetError(
                f"expected float32 points of shape {expected}; got {self.points.dtype} {self.points.shape}"
            )

    def __len__(self) -> int:
        return len(self.images)

    def take(self, rows: NDArray[np.bool_] | NDArray[np.intp]) -> KeypointSet:
        """Return the faces selected by a mask or an index array, in its order."""
        return replace(self, images=self.images[rows], points=self.points[rows])
