"""Draws optional layers over faces: boxes, mesh, points, parts and head pose."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from enum import StrEnum

import cv2
import numpy as np
from PIL import ImageColor

from emotion.drawing.boxes import annotate
from emotion.models.face_parts import KEYPOINTS, PARTS
from emotion.types import Face, FloatArray, FrameResult, Image
from emotion.vision.face_parts import FaceParts
from emotion.vision.landmarks import five_points, rotation


class Layer(StrEnum):
    """A layer and its display name."""

    BOXES = "Boxes"
    MESH = "Mesh"
    POINTS = "Points"
    PARTS = "Features"
    POSE = "Head pose"


PART_COLOURS: dict[str, str] = {"brows": "#B388FF", "eyes": "#40C4FF", "nose": "#FFD740", "mouth": "#FF5C8A"}
"""One colour per part of the face; none is an expression's."""

_AXES = (("#FF5252", 0), ("#69F0AE", 1), ("#448AFF", 2))
"""Colour and column of the rotation matrix of the axes to the right, down, and ahead of the face."""
_MESH_COLOUR = "#E0F7FA"
_OPACITY = 0.5
_SUBPIXEL_BITS = 4


def needs_part_models(layers: Collection[Layer]) -> bool:
    """Return whether these layers need the face-part models."""
    return bool({Layer.POINTS, Layer.PARTS} & set(layers))


def draw_layers(
    image: Image, result: FrameResult, layers: Collection[Layer], parts: Sequence[FaceParts | None] = ()
) -> Image:
    """Return a copy of a picture with layers over its faces, boxes on top.

    Args:
        image: ``(H, W, 3)`` uint8 RGB.
        result: Its faces, in px of this picture.
        layers: The layers to draw.
        parts: Parts of each face, in the order of ``result.faces``; for the layers of points and parts.
    """
    drawn = image.copy()
    for face, found in zip(result.faces, [*parts, *[None] * len(result.faces)], strict=False):
        if Layer.PARTS in layers and found is not None:
            _tint(drawn, found)
        if Layer.MESH in layers and face.landmarks is not None:
            _dots(drawn, face.landmarks[:, :2], _MESH_COLOUR, _dot_px(face, 110))
        if Layer.POINTS in layers and found is not None:
            _draw_points(drawn, found.points, _dot_px(face, 45))
        if Layer.POSE in layers:
            _draw_axes(drawn, face)
    return annotate(drawn, result) if Layer.BOXES in layers else drawn


def _tint(image: Image, found: FaceParts) -> None:
    """Blend in each part's colour in proportion to its probability, in place."""
    (left, top), (height, width) = found.origin, found.masks.shape[:2]
    around = image[top : top + height, left : left + width]
    colours = np.array([_rgb(PART_COLOURS[name]) for name in PARTS], np.float32)
    weights = _OPACITY * found.masks
    kept = np.clip(1 - weights.sum(axis=2, keepdims=True), 0, 1)
    around[:] = np.clip(np.rint(around * kept + weights @ colours), 0, 255).astype(np.uint8)


def _draw_points(image: Image, points: FloatArray, radius_px: float) -> None:
    for name, point in zip(KEYPOINTS, points, strict=True):
        _dots(image, point[None], "#101010", radius_px * 1.5)
        _dots(image, point[None], PART_COLOURS[_part_of(name)], radius_px)


def _part_of(keypoint: str) -> str:
    if "brow" in keypoint:
        return "brows"
    return next(part for part in ("eyes", "nose", "mouth") if part.rstrip("s") in keypoint)


def _draw_axes(image: Image, face: Face) -> None:
    """Draw the head's axes to the right, down and ahead from the tip of the nose."""
    if face.pose is None or face.landmarks is None or len(face.landmarks) < 468:
        return
    origin = five_points(face.landmarks)[2]
    length_px = 0.6 * face.width
    axes = rotation(face.pose) * [1, 1, -1]  # ahead is the opposite of away
    # Axes that point at the viewer are drawn last.
    for colour, column in sorted(_AXES, key=lambda axis: -axes[2, axis[1]]):
        tip = origin + length_px * axes[:2, column]
        thick = max(2, round(length_px / 25))
        start, end = (tuple(int(value) for value in np.rint(point)) for point in (origin, tip))
        cv2.arrowedLine(image, start, end, (16, 16, 16), thick + 2, cv2.LINE_AA, tipLength=0.2)
        cv2.arrowedLine(image, start, end, _rgb(colour), thick, cv2.LINE_AA, tipLength=0.2)


def _dot_px(face: Face, share: float) -> float:
    """Return a radius in proportion to a face, at least 0.8 px."""
    return max(face.width / share, 0.8)


def _dots(image: Image, points: FloatArray, colour: str, radius_px: float) -> None:
    scale = 2**_SUBPIXEL_BITS
    for x, y in np.rint(points * scale).astype(int):
        centre = (int(x), int(y))
        cv2.circle(image, centre, round(radius_px * scale), _rgb(colour), -1, cv2.LINE_AA, _SUBPIXEL_BITS)


def _rgb(colour: str) -> tuple[int, int, int]:
    red, green, blue = ImageColor.getrgb(colour)[:3]
    return red, green, blue
