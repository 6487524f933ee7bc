"""Cuts faces out so that they are framed like the pictures that the classifiers learned from.

Where eyes, nose and mouth lie in FER2013's 48×48 pictures was measured with
the mesh (see :mod:`emotion.vision.fer2013_frame`). A
similarity transform – turn, scale, shift, no shear – lays the five points of
a face as near to those places as it can.
"""

from __future__ import annotations

import cv2
import numpy as np

from emotion.types import FloatArray, Image
from emotion.vision.fer2013_frame import FRAME_POINTS


def similarity_transform(source: FloatArray, target: FloatArray) -> FloatArray:
    """Return the ``(2, 3)`` similarity that takes ``(n, 2)`` source points nearest to their targets.

    Least squares over scale, rotation and shift, in closed form with points as
    complex numbers (Umeyama 1991 without reflection).
    """
    p, q = (points[:, 0] + 1j * points[:, 1] for points in (source.astype(np.float64), target.astype(np.float64)))
    p_mean, q_mean = p.mean(), q.mean()
    factor = np.vdot(p - p_mean, q - q_mean) / max(float(np.vdot(p - p_mean, p - p_mean).real), 1e-9)
    shift = q_mean - factor * p_mean
    return np.array([[factor.real, -factor.imag, shift.real], [factor.imag, factor.real, shift.imag]], np.float32)


def align(image: Image, points: FloatArray, size: int, frame: FloatArray = FRAME_POINTS) -> Image:
    """Return a ``(size, size)`` or ``(size, size, 3)`` crop framed like FER2013, or as another frame says.

    Args:
        image: ``(H, W)`` luma or ``(H, W, 3)`` RGB.
        points: ``(5, 2)`` px: right eye, left eye, nose tip, right and left corner of the mouth.
        size: Side of the crop, px.
        frame: Where these points are to lie, ``(5, 2)`` shares of the side.

    Where the face reaches over the picture's edge, the edge is repeated.
    """
    to_crop = similarity_transform(points, frame * size)
    scale = float(np.hypot(to_crop[0, 0], to_crop[1, 0]))
    if scale < 0.5:  # the picture is more than twice as fine as the crop: bilinear alone would alias
        image, to_crop = _shrunk(image, to_crop, scale, size)
    return cv2.warpAffine(image, to_crop, (size, size), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def _shrunk(image: Image, to_crop: FloatArray, scale: float, size: int) -> tuple[Image, FloatArray]:
    """Return the part of the picture around the face, averaged down by a whole factor, and the map from there."""
    factor = int(1 / scale)
    corners = np.array([[0, 0, 1], [size, 0, 1], [0, size, 1], [size, size, 1]], np.float32)
    on_image = corners @ cv2.invertAffineTransform(to_crop).T
    # Sides that the factor divides make OpenCV's averaging several times faster; the face outside stays outside.
    width_height = np.array([image.shape[1], image.shape[0]])
    low = np.clip(np.floor(on_image.min(axis=0)).astype(int) - factor, 0, np.maximum(width_height - factor, 0))
    wanted = np.ceil(on_image.max(axis=0)).astype(int) + factor - low
    sides = np.clip(wanted, factor, np.maximum(width_height - low, factor)) // factor * factor
    part = image[low[1] : low[1] + sides[1], low[0] : low[0] + sides[0]]
    small = cv2.resize(
        part, (max(1, part.shape[1] // factor), max(1, part.shape[0] // factor)), None, 0, 0, cv2.INTER_AREA
    )
    # A small pixel's centre lies at (i + ½) · factor − ½ on the part, and the part begins at `low`.
    offset = (low + (factor - 1) / 2).astype(np.float32)
    mapped = to_crop.copy()
    mapped[:, 2] += to_crop[:, :2] @ offset
    mapped[:, :2] *= factor
    return small, mapped
