"""A decoded picture as arrays: the luma plane as it comes, RGB on demand, both upright."""

from __future__ import annotations

from typing import Any

import av.video.reformatter
import cv2
import numpy as np
from av.video.reformatter import VideoReformatter

from emotion.types import Image

_PLANAR_LUMA = {"yuv420p", "yuv422p", "yuv444p", "yuvj420p", "yuvj422p", "yuvj444p", "nv12", "nv21", "gray"}
"""8-bit formats whose first plane is the grey picture."""
_FULL_RANGE_FORMATS = {"yuvj420p", "yuvj422p", "yuvj444p", "gray"}
_LIMITED_BLACK, _LIMITED_SPAN = 16, 219
"""Video luma runs from 16 to 235 unless a file says otherwise (ITU-R BT.601)."""


def luma_of(picture: Any) -> Image:
    """Return the full-range ``(H, W)`` uint8 grey picture, upright, in one pass over the luma plane."""
    name = picture.format.name
    if name not in _PLANAR_LUMA:
        return _upright(picture.to_ndarray(format="gray"), picture.rotation)
    plane = picture.planes[0]
    grey = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)[: picture.height, : picture.width]
    if name in _FULL_RANGE_FORMATS or picture.color_range == av.video.reformatter.ColorRange.JPEG:
        return _upright(grey.copy(), picture.rotation)
    gain = 255 / _LIMITED_SPAN
    return _upright(cv2.convertScaleAbs(grey, alpha=gain, beta=-_LIMITED_BLACK * gain), picture.rotation)


def rgb_of(picture: Any) -> Image:
    """Return the ``(H, W, 3)`` uint8 RGB picture, upright."""
    # A converter of its own: the one that a picture keeps is not safe where two threads have the same picture.
    converted = VideoReformatter().reformat(picture, format="rgb24")
    return _upright(np.asarray(converted.to_ndarray(), np.uint8), picture.rotation)


def _upright(image: Image, rotation: int) -> Image:
    """Turn a picture counter-clockwise by the degrees that its display matrix asks for."""
    turns = round(rotation / 90) % 4
    return np.ascontiguousarray(np.rot90(image, turns)) if turns else image
