"""Decodes, crops, resizes and encodes the pictures of data sets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import cv2
import numpy as np

from emotion.types import Image
from emotion.vision.normalise import middle_square


def fit_square(image: Image, size: int, *, colour: bool) -> Image:
    """Return the central square of a picture, resized.

    Args:
        image: ``(H, W, 3)`` RGB or ``(H, W)`` grey, uint8.
        size: Side of the result, px.
        colour: Whether the result is ``(size, size, 3)`` RGB or ``(size, size)`` grey.
    """
    square = _with_channels(middle_square(image), colour=colour)
    side = len(square)
    if side == size:
        return square
    # Averaging areas avoids moiré in smaller pictures.
    method = cv2.INTER_AREA if size < side else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(square, (size, size), interpolation=method), np.uint8)


def encode_png(image: Image) -> bytes:
    """Return a grey or RGB picture as a lossless PNG."""
    ordered = image if image.ndim == 2 else cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    return bytes(cv2.imencode(".png", ordered)[1])


def decode_cell(cell: Mapping[str, Any] | None) -> Image | None:
    """Return the picture in a Parquet cell as ``(H, W)`` grey or ``(H, W, 3)`` RGB, or None if it cannot be decoded."""
    content = (cell or {}).get("bytes") or b""
    # OpenCV returns None for broken bytes, but raises if there are none.
    image = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED) if content else None
    if image is None or image.dtype != np.uint8:
        return None
    if image.ndim == 3:
        image = cv2.cvtColor(image, cv2.COLOR_BGR2RGB if image.shape[2] == 3 else cv2.COLOR_BGRA2RGB)
    return np.asarray(image, np.uint8)


def _with_channels(image: Image, *, colour: bool) -> Image:
    if colour == (image.ndim == 3):
        return image
    code = cv2.COLOR_GRAY2RGB if colour else cv2.COLOR_RGB2GRAY
    return np.asarray(cv2.cvtColor(image, code), np.uint8)
