"""Pixels to network input. The app and training both call this, so that they cannot drift apart."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from emotion.errors import ModelError
from emotion.types import FloatArray

STANDARDISE, UNIT, SYMMETRIC = "standardise", "unit", "symmetric"
NORMALISATIONS = (STANDARDISE, UNIT, SYMMETRIC)

INPUT_LIMIT = 4.0
"""Standardised values are clipped to ± this, which bounds the range of an int8 input."""

_SMALLEST_STD = 4.0
"""Grey levels. Flatter crops show noise, which must not be blown up to look like a face."""


def normalise(crops: NDArray[np.uint8], how: str) -> FloatArray:
    """Turn face crops into what a network was trained on.

    Args:
        crops: ``(n, s, s)`` grey or ``(n, s, s, 3)`` RGB, uint8, 0–255.
        how: ``"standardise"``: each crop to zero mean and unit variance, clipped to ±4;
            ``"unit"``: 0–1; ``"symmetric"``: −1–1.

    Returns:
        ``(n, s, s, c)`` float32, where c is 1 or 3.

    Raises:
        ModelError: ``how`` is none of these.
        ValueError: The crops have another shape or type.
    """
    if crops.dtype != np.uint8 or crops.ndim not in (3, 4):
        raise ValueError(f"expected uint8 crops of shape (n, s, s) or (n, s, s, 3); got {crops.dtype} {crops.shape}")
    pixels = crops.astype(np.float32)
    if crops.ndim == 3:
        pixels = pixels[..., np.newaxis]
    if how == STANDARDISE:
        return _standardise(pixels)
    if how == UNIT:
        return pixels / np.float32(255)
    if how == SYMMETRIC:
        return pixels / np.float32(127.5) - np.float32(1)
    raise ModelError(f"expected a normalisation out of {', '.join(NORMALISATIONS)}; got {how!r}")


def _standardise(pixels: FloatArray) -> FloatArray:
    axes = (1, 2, 3)
    centred = pixels - pixels.mean(axis=axes, keepdims=True)
    deviation = np.maximum(centred.std(axis=axes, keepdims=True), np.float32(_SMALLEST_STD))
    return np.asarray(np.clip(centred / deviation, -INPUT_LIMIT, INPUT_LIMIT), np.float32)
