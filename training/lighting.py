"""Light and backgrounds that the training sets rarely show: side light, glare, plain backgrounds.

Faces are ``(s, s)`` grey or ``(s, s, 3)`` RGB, uint8, and keep their shape. Standardising the network's input removes
changes of brightness and contrast that affect the whole face alike, but not these.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from emotion.types import FloatArray, Image

_LARGEST_GAMMA = 2.8
_LARGEST_GAIN = 2.2
"""Largest factor by which an overexposed face is brightened."""

_FACE_CENTRE = (0.5, 0.52)
"""Centre of the face in pictures framed like FER2013, as a share of the side."""


def lit_from(face: Image, angle: float, darkest: float, steepness: float, edge: float = 0.0) -> Image:
    """Return a face with one side darker than the other, as beside a window.

    Args:
        face: The face.
        angle: Direction of the light, radians: 0 is right, π/2 is below.
        darkest: Share of the light that is left far from it, 0–1.
        steepness: Steepness of the change from light to shade: 2 is gradual, 14 a shadow's edge.
        edge: Place of the middle between light and shade, as a share of the side from the centre.
    """
    across, down = _grid(len(face))
    place = (across - 0.5) * np.cos(angle) + (down - 0.5) * np.sin(angle)
    lit = 1 / (1 + np.exp(-steepness * (place - edge)))
    return to_levels(face * _like(darkest + (1 - darkest) * lit, face))


def to_levels(values: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Return values as grey levels, rounded and limited to 0–255."""
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def on_plain_background(face: Image, rng: np.random.Generator) -> Image:
    """Replace what surrounds the face by one grey, with a soft edge."""
    across, down = _grid(len(face))
    width, height, softness = rng.uniform(0.38, 0.5), rng.uniform(0.48, 0.62), rng.uniform(4, 20)
    distance = np.hypot((across - _FACE_CENTRE[0]) / width, (down - _FACE_CENTRE[1]) / height)
    share = _like(np.clip((distance - 1) * softness, 0, 1), face)
    return to_levels(face * (1 - share) + share * rng.uniform(0, 255))


def _with_gamma(face: Image, rng: np.random.Generator) -> Image:
    """Brighten or darken the middle greys."""
    exponent = np.exp(rng.uniform(-1, 1) * np.log(_LARGEST_GAMMA))
    return np.asarray(cv2.LUT(face, to_levels(255 * (np.arange(256) / 255) ** exponent)), np.uint8)


def _lit_from_one_side(face: Image, rng: np.random.Generator) -> Image:
    angle, edge = rng.uniform(0, 2 * np.pi), rng.uniform(-0.15, 0.15)
    steepness, darkest = rng.uniform(2, 14), rng.uniform(0.1, 0.7)
    return lit_from(face, angle, darkest, steepness, edge)


def _overexposed(face: Image, rng: np.random.Generator) -> Image:
    """Brighten so far that bright skin becomes white."""
    return to_levels(face * rng.uniform(1.2, _LARGEST_GAIN))


def _with_local_contrast(face: Image, rng: np.random.Generator) -> Image:
    """Sharpen details, as many cameras do."""
    smooth = cv2.GaussianBlur(face, (0, 0), len(face) / rng.uniform(6, 16)).astype(np.float32)
    return to_levels(smooth + (face - smooth) * rng.uniform(1.3, 3))


LIGHTS = (_with_gamma, _lit_from_one_side, _overexposed, _with_local_contrast)
"""Ways to change the light."""


def _grid(side: int) -> tuple[FloatArray, FloatArray]:
    """Return the places of columns, ``(1, s)``, and rows, ``(s, 1)``, as shares of the side."""
    places: FloatArray = (np.arange(side, dtype=np.float32) + np.float32(0.5)) / np.float32(side)
    return places[np.newaxis], places[:, np.newaxis]


def _like(values: FloatArray, face: Image) -> FloatArray:
    """Return ``(s, s)`` values so that they multiply a grey or an RGB picture."""
    return values if face.ndim == 2 else values[..., np.newaxis]
