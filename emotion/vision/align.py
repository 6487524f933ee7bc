"""Crops faces with the framing of FER2013, on which the classifiers were trained.

A similarity transform (rotation, scale, shift) maps five points of a face as closely as possible to the mean positions
of eyes, nose and mouth in FER2013's 48×48 pictures, as measured with the mesh (:mod:`emotion.vision.fer2013_frame`).
"""

from __future__ import annotations

import math

import cv2
import numpy as np

from emotion.types import FloatArray, Image
from emotion.vision.fer2013_frame import FRAME_POINTS


def similarity_transform(source: FloatArray, target: FloatArray) -> FloatArray:
    """Return the ``(2, 3)`` similarity that best maps ``(n, 2)`` source points to their targets, by least squares.

    Closed form with points as complex numbers (Umeyama 1991, without reflection).
    """
    # Not NumPy: for five points, its call overhead is five times the arithmetic.
    p, q = ([complex(x, y) for x, y in points.tolist()] for points in (source, target))
    p_mean, q_mean = sum(p) / len(p), sum(q) / len(q)
    spread = sum(abs(a - p_mean) ** 2 for a in p)
    factor = sum((a - p_mean).conjugate() * (b - q_mean) for a, b in zip(p, q, strict=True)) / max(spread, 1e-9)
    shift = q_mean - factor * p_mean
    return np.array([[factor.real, -factor.imag, shift.real], [factor.imag, factor.real, shift.imag]], np.float32)


def align(image: Image, points: FloatArray, size: int, frame: FloatArray = FRAME_POINTS) -> Image:
    """Return a ``(size, size)`` or ``(size, size, 3)`` crop of a face; pixels beyond the picture repeat its edge.

    Args:
        image: ``(H, W)`` luma or ``(H, W, 3)`` RGB.
        points: ``(5, 2)`` px: right eye, left eye, nose tip, right and left corner of the mouth.
        size: Side of the crop, px.
        frame: Target positions of these points, ``(5, 2)`` shares of the side; FER2013's by default.
    """
    to_crop = similarity_transform(points, frame * size)
    scale = float(np.hypot(to_crop[0, 0], to_crop[1, 0]))
    if scale < 0.5:  # bilinear sampling alone would alias
        image, to_crop = _shrunk(image, to_crop, scale, size)
    return cv2.warpAffine(image, to_crop, (size, size), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def _shrunk(image: Image, to_crop: FloatArray, scale: float, size: int) -> tuple[Image, FloatArray]:
    """Return the surroundings of the face, downscaled by a whole factor, and the transform from them to the crop."""
    factor = int(1 / scale)
    (left, width), (top, height) = (
        _span(low, high, factor, length)
        for (low, high), length in zip(_extent(to_crop, size), (image.shape[1], image.shape[0]), strict=True)
    )
    part = image[top : top + height, left : left + width]
    small = cv2.resize(part, (max(1, width // factor), max(1, height // factor)), None, 0, 0, cv2.INTER_AREA)
    # The centre of small pixel i lies at (i + ½) · factor − ½ in the part.
    offset = np.array([left, top], np.float32) + np.float32((factor - 1) / 2)
    mapped = to_crop.copy()
    mapped[:, 2] += to_crop[:, :2] @ offset
    mapped[:, :2] *= factor
    return small, mapped


def _extent(to_crop: FloatArray, size: int) -> list[tuple[float, float]]:
    """Return the ranges of x and of y that a crop covers in the picture."""
    rows = cv2.invertAffineTransform(to_crop).tolist()
    corners = [[a * x + b * y + c for x in (0, size) for y in (0, size)] for a, b, c in rows]
    return [(min(values), max(values)) for values in corners]


def _span(low: float, high: float, factor: int, length: int) -> tuple[int, int]:
    """Return the start and the number of pixels along one side of the picture that cover low to high.

    The number is a multiple of the factor, with which OpenCV averages several times faster.
    """
    start = min(max(math.floor(low) - factor, 0), max(length - factor, 0))
    wanted = math.ceil(high) + factor - start
    return start, min(max(wanted, factor), max(length - start, factor)) // factor * factor
