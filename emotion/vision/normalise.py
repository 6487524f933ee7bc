"""Turns pixels into network input; shared by the app and training."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from emotion.errors import ModelError
from emotion.types import FloatArray, Image

STANDARDISE, UNIT, SYMMETRIC, CAFFE = "standardise", "unit", "symmetric", "caffe"
NORMALISATIONS = (STANDARDISE, UNIT, SYMMETRIC, CAFFE)

GREY, RGB = "grey", "rgb"

INPUT_LIMIT = 4.0
"""Standardised values are clipped to ± this, which bounds the range of an int8 input."""

MIN_STD = 4.0
"""Grey levels; dividing by less would amplify the noise of flat crops."""

IMAGENET_MEANS_BGR = np.array([103.939, 116.779, 123.68], np.float32)
"""Mean blue, green and red of ImageNet, which Caffe models subtract (Chatfield et al., BMVC 2014, arXiv:1405.3531)."""


def normalisations_for(colour: str) -> tuple[str, ...]:
    """Return the normalisations that suit a network of ``"grey"`` or ``"rgb"`` input."""
    return tuple(how for how in NORMALISATIONS if colour == RGB or how != CAFFE)


def fit(crop: Image, size: int, colour: str) -> Image:
    """Return a face crop converted and resized for a network, ``(size, size)`` or ``(size, size, 3)`` uint8.

    Args:
        crop: ``(H, W, 3)`` RGB or ``(H, W)`` grey, uint8.
        size: Side of the network's square input, px.
        colour: ``"grey"``, or ``"rgb"``, for which a grey crop is repeated.
    """
    if colour == GREY and crop.ndim == 3:
        crop = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY)
    elif colour != GREY and crop.ndim == 2:
        crop = cv2.cvtColor(crop, cv2.COLOR_GRAY2RGB)
    if crop.shape[:2] == (size, size):
        return crop
    shrinks = max(crop.shape[:2]) > size
    return cv2.resize(crop, (size, size), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)


def middle_square(image: Image) -> Image:
    """Return the largest square in the middle of a picture, ``(s, s)`` or ``(s, s, 3)``."""
    side = min(image.shape[:2])
    top, left = (image.shape[0] - side) // 2, (image.shape[1] - side) // 2
    return image[top : top + side, left : left + side]


def normalise(crops: NDArray[np.uint8], how: str) -> FloatArray:
    """Scale pixel values as in a network's training.

    Args:
        crops: ``(n, s, s)`` grey or ``(n, s, s, 3)`` RGB, uint8, 0–255.
        how: ``"standardise"``: each crop to zero mean and unit variance, clipped to ±4; ``"unit"``: 0–1;
            ``"symmetric"``: −1–1; ``"caffe"``: BGR minus ImageNet's means, about −124 to 151.

    Returns:
        ``(n, s, s, c)`` float32, where c is 1 or 3.

    Raises:
        ModelError: ``how`` is unknown, or needs RGB and the crops are grey.
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
    if how == CAFFE:
        return _caffe(pixels)
    raise ModelError(f"expected a normalisation from {', '.join(NORMALISATIONS)}; got {how!r}")


def mirrored(faces: NDArray[Any]) -> NDArray[Any]:
    """Return faces, ``(n, h, w, …)`` of any type, with left and right exchanged."""
    return np.ascontiguousarray(faces[:, :, ::-1])


def _standardise(pixels: FloatArray) -> FloatArray:
    axes = (1, 2, 3)
    centred = pixels - pixels.mean(axis=axes, keepdims=True)
    deviation = np.maximum(centred.std(axis=axes, keepdims=True), np.float32(MIN_STD))
    return np.asarray(np.clip(centred / deviation, -INPUT_LIMIT, INPUT_LIMIT), np.float32)


def _caffe(pixels: FloatArray) -> FloatArray:
    if pixels.shape[-1] != 3:
        raise ModelError(f"expected RGB crops for the normalisation {CAFFE}; got {pixels.shape[-1]} channel")
    return np.asarray(pixels[..., ::-1] - IMAGENET_MEANS_BGR, np.float32)
