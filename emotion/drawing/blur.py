"""Faces made unrecognisable: so few cells that no feature is left, then smoothed so that no edge is."""

from __future__ import annotations

import cv2
import numpy as np

from emotion.types import FloatArray, Image

CELLS = 7
"""Cells along the longer side of a covered area, which is larger than the face: the eyes share one or two."""

_GROW = np.array([-0.25, -0.4, 0.25, 0.25], np.float32)
"""By how much of its sides a box grows: hair, ears and chin tell who it is too."""

_SMOOTH_PX = 6 * CELLS


def blur_faces(image: Image, boxes: FloatArray) -> None:
    """Cover faces, in place.

    Args:
        image: ``(H, W, 3)`` uint8 RGB.
        boxes: ``(n, 4)`` left, top, right, bottom in px; parts outside the picture do not matter.
    """
    for left, top, right, bottom in grown(boxes, image.shape[1], image.shape[0]):
        if right > left and bottom > top:
            image[top:bottom, left:right] = smudged(image[top:bottom, left:right])


def blur_everything(image: Image) -> None:
    """Cover a whole picture, in place."""
    image[:] = smudged(image)


def grown(boxes: FloatArray, width: int, height: int) -> list[list[int]]:
    """Return the areas that are covered for the boxes of faces, within a picture, in whole px."""
    sizes = np.tile(boxes[:, 2:] - boxes[:, :2], 2)
    areas = boxes + sizes * _GROW
    outward = np.concatenate([np.floor(areas[:, :2]), np.ceil(areas[:, 2:])], axis=1)
    limits = np.array([width, height, width, height], np.float32)
    return [[int(side) for side in area] for area in np.clip(outward, 0, limits)]


def smudged(region: Image) -> Image:
    """Return a region, ``(H, W, 3)`` or one plane ``(H, W)``, uint8, in which nobody can be recognised."""
    height, width = region.shape[:2]
    longer = max(height, width)
    cells = (max(1, round(CELLS * width / longer)), max(1, round(CELLS * height / longer)))
    few = cv2.resize(region, cells, interpolation=cv2.INTER_AREA)
    blocks = cv2.resize(few, (_SMOOTH_PX, _SMOOTH_PX), interpolation=cv2.INTER_NEAREST)
    # Smoothed while it is small: on the picture itself so wide a filter would take longer than all else.
    smooth = cv2.GaussianBlur(blocks, (0, 0), _SMOOTH_PX / CELLS / 2)
    return np.asarray(cv2.resize(smooth, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)
