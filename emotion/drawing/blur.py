"""Makes faces unrecognisable: reduces them to a few cells, then blurs these."""

from __future__ import annotations

import cv2
import numpy as np

from emotion.types import FloatArray, Image

CELLS = 7
"""Cells along the longer side of a covered area; both eyes fall into one or two."""

_GROW = np.array([-0.25, -0.4, 0.25, 0.25], np.float32)
"""Margins around a box in shares of its sides, to cover hair, ears and chin."""

_SMOOTH_PX = 6 * CELLS


def blur_faces(image: Image, boxes: FloatArray) -> None:
    """Cover faces, in place.

    Args:
        image: ``(H, W, 3)`` uint8 RGB.
        boxes: ``(n, 4)`` left, top, right, bottom in px; they may reach outside the picture.
    """
    for left, top, right, bottom in with_margins(boxes, image.shape[1], image.shape[0]):
        if right > left and bottom > top:
            image[top:bottom, left:right] = obscured(image[top:bottom, left:right])


def blur_everything(image: Image) -> None:
    """Cover a whole picture, in place."""
    image[:] = obscured(image)


def with_margins(boxes: FloatArray, width: int, height: int) -> list[list[int]]:
    """Return the areas to cover for the boxes of faces, within the picture, in whole px."""
    sizes = np.tile(boxes[:, 2:] - boxes[:, :2], 2)
    areas = boxes + sizes * _GROW
    outward = np.concatenate([np.floor(areas[:, :2]), np.ceil(areas[:, 2:])], axis=1)
    limits = np.array([width, height, width, height], np.float32)
    return [[int(side) for side in area] for area in np.clip(outward, 0, limits)]


def obscured(region: Image) -> Image:
    """Return an unrecognisable copy of a region, ``(H, W, 3)`` or one plane ``(H, W)``, uint8."""
    height, width = region.shape[:2]
    longer = max(height, width)
    cells = (max(1, round(CELLS * width / longer)), max(1, round(CELLS * height / longer)))
    few = cv2.resize(region, cells, interpolation=cv2.INTER_AREA)
    blocks = cv2.resize(few, (_SMOOTH_PX, _SMOOTH_PX), interpolation=cv2.INTER_NEAREST)
    # Blurred at a small size, as such a wide filter would be slow on the picture itself.
    smooth = cv2.GaussianBlur(blocks, (0, 0), _SMOOTH_PX / CELLS / 2)
    return np.asarray(cv2.resize(smooth, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)
