"""Draws masks of face parts from keypoints: white inside a part, black elsewhere."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from emotion.models.face_parts import KEYPOINTS, PARTS
from emotion.types import FloatArray

WHITE = 255

_Numbers = NDArray[np.floating[Any]]

_INDEX = {name: row for row, name in enumerate(KEYPOINTS)}
_CORNERS = 48
"""Corners of the polygon that approximates an ellipse."""
_SUBPIXEL_BITS = 4
"""Fractional bits of polygon corners for OpenCV: sixteenths of a pixel."""


def part_masks(points: FloatArray, side: int) -> NDArray[np.uint8]:
    """Draw the parts of faces.

    Args:
        points: ``(n, 15, 2)`` float32, x and y in px in the order of ``KEYPOINTS``; NaN where one is missing.
        side: Of the square masks, px.

    Returns:
        ``(n, side, side, 4)`` uint8, 255 inside a part and 0 outside, in the order of ``PARTS``.
        A part with a missing point is black; :func:`known_parts` identifies these.
    """
    masks = np.zeros((len(points), len(PARTS), side, side), np.uint8)
    points = np.asarray(points, np.float32)
    for face, known, canvas in zip(points, known_parts(points), masks, strict=True):
        for part, is_known in enumerate(known):
            for polygon in _POLYGONS[part](face) if is_known else ():
                _fill(canvas[part], polygon)
    return np.ascontiguousarray(masks.transpose(0, 2, 3, 1))


def known_parts(points: FloatArray) -> NDArray[np.bool_]:
    """Return ``(n, 4)`` bool: whether all points of each part are known.

    Args:
        points: ``(n, 15, 2)``, NaN where one is missing.
    """
    there = np.asarray(np.isfinite(points).all(axis=2))
    return np.stack([there[:, [_INDEX[name] for name in names]].all(axis=1) for names in _NEEDED], axis=1)


def _fill(canvas: NDArray[np.uint8], polygon: FloatArray) -> None:
    corners = np.rint(polygon * 2**_SUBPIXEL_BITS).astype(np.int32)
    cv2.fillPoly(canvas, [corners], WHITE, cv2.LINE_8, _SUBPIXEL_BITS)


def _brows(face: FloatArray) -> list[FloatArray]:
    """Flat ellipses, since the two points mark a brow's ends but not its arch."""
    ends = [(_of(face, f"{side}_eyebrow_inner_end"), _of(face, f"{side}_eyebrow_outer_end")) for side in _SIDES]
    return [_ellipse((inner + outer) / 2, inner - outer, 0.55, 0.17) for inner, outer in ends]


def _eyes(face: FloatArray) -> list[FloatArray]:
    corners = [(_of(face, f"{side}_eye_inner_corner"), _of(face, f"{side}_eye_outer_corner")) for side in _SIDES]
    return [_ellipse((inner + outer) / 2, inner - outer, 0.65, 0.35) for inner, outer in corners]


def _nose(face: FloatArray) -> list[FloatArray]:
    """A disc at the tip, and a wedge up to between the eyes."""
    corners = [_of(face, f"{side}_eye_inner_corner") for side in _SIDES]
    tip, bridge, apart = _of(face, "nose_tip"), (corners[0] + corners[1]) / 2, corners[0] - corners[1]
    disc = _ellipse(tip, apart, 0.4, 0.4)
    wedge = cv2.convexHull(np.concatenate([disc, bridge[None], (bridge + 0.15 * np.array([apart, -apart]))], axis=0))
    return [wedge[:, 0]]


def _mouth(face: FloatArray) -> list[FloatArray]:
    """An ellipse from corner to corner, as high as the lips are apart; flat if they are closed."""
    left, right = _of(face, "mouth_left_corner"), _of(face, "mouth_right_corner")
    top, bottom = _of(face, "mouth_center_top_lip"), _of(face, "mouth_center_bottom_lip")
    width = max(float(np.hypot(*(left - right))), 1e-6)
    height = max(0.6 * float(np.hypot(*(top - bottom))) / width, 0.15)
    centre = (left + right + top + bottom) / 4
    return [_ellipse(centre, left - right, 0.55, height)]


_SIDES = ("left", "right")
_POLYGONS = (_brows, _eyes, _nose, _mouth)
_NEEDED: tuple[tuple[str, ...], ...] = (
    tuple(f"{side}_eyebrow_{end}_end" for side in _SIDES for end in ("inner", "outer")),
    tuple(f"{side}_eye_{corner}_corner" for side in _SIDES for corner in ("inner", "outer")),
    ("nose_tip", "left_eye_inner_corner", "right_eye_inner_corner"),
    tuple(name for name in KEYPOINTS if name.startswith("mouth")),
)


def _of(face: FloatArray, name: str) -> FloatArray:
    return face[_INDEX[name]]


def _ellipse(centre: _Numbers, axis: _Numbers, along: float, across: float) -> FloatArray:
    """Return ``(48, 2)`` corners of an ellipse along ``axis``; half-axes are shares of that vector's length."""
    angles = np.linspace(0, 2 * np.pi, _CORNERS, endpoint=False, dtype=np.float32)
    normal = np.array([-axis[1], axis[0]])
    corners = centre + along * np.cos(angles)[:, None] * axis + across * np.sin(angles)[:, None] * normal
    return np.asarray(corners, np.float32)
