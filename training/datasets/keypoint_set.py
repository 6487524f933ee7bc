"""Faces with the places of fifteen points, as in Kaggle's facial-keypoints competition."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from emotion.errors import DatasetError

KEYPOINT_IMAGE_SIZE = 96
"""Side of a keypoint picture, px."""

KEYPOINTS: tuple[str, ...] = (
    "left_eye_center",
    "right_eye_center",
    "left_eye_inner_corner",
    "left_eye_outer_corner",
    "right_eye_inner_corner",
    "right_eye_outer_corner",
    "left_eyebrow_inner_end",
    "left_eyebrow_outer_end",
    "right_eyebrow_inner_end",
    "right_eyebrow_outer_end",
    "nose_tip",
    "mouth_left_corner",
    "mouth_right_corner",
    "mouth_center_top_lip",
    "mouth_center_bottom_lip",
)
"""The points in the order of :attr:`KeypointSet.points`; left and right are the person's own."""


@dataclass(frozen=True, slots=True, eq=False)
class KeypointSet:
    """Faces of one split with their points.

    Attributes:
        split: Name of the split.
        images: ``(n, 96, 96)`` uint8 grey, 0–255.
        points: ``(n, 15, 2)`` float32, x and y in px in the order of :data:`KEYPOINTS`, NaN where missing.
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
        """Return the faces that a mask or an index array selects, in its order."""
        return replace(self, images=self.images[rows], points=self.points[rows])
