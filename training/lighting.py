"""Light and surroundings that the training sets rarely show: a lamp or a window at one side, glare, plain backgrounds.

Every function takes one picture, ``(s, s)`` grey or ``(s, s, 3)`` RGB uint8, and a random generator, and returns an
array of the same shape. Standardised input is unaffected by brightness and contrast of the whole picture, but not by
these changes, which differ between places or grey levels.
"""

from __future__ import annotations

import cv2
import numpy as np

from emotion.types import FloatArray, Image

_LARGEST_GAMMA = 2.8
_LARGEST_GAIN = 2.2
_FACE_CENTRE = (0.5, 0.52)
"""Centre of the face in pictures framed like FER2013, as a share of the side."""


def relit(face: Image, rng: np.random.Generator) -> Image:
    """Change the light in one of four ways."""
    return _LIGHTS[rng.integers(len(_LIGHTS))](face, rng)


def on_plain_background(face: Image, rng: np.random.Generator) -> Image:
    """Replace what surrounds the face by one grey, with a soft edge."""
    across, down = _grid(len(face))
    width, height, softness = rng.uniform(0.38, 0.5), rng.uniform(0.48, 0.62), rng.uniform(4, 20)
    distance = np.hypot((across - _FACE_CENTRE[0]) / width, (down - _FACE_CENTRE[1]) / height)
    share = _like(np.clip((distance - 1) * softness, 0, 1), face)
    return _to_levels(face * (1 - share) + share * rng.uniform(0, 255))


def _with_gamma(face: Image, rng: np.random.Generator) -> Image:
    """Brighten or darken the middle greys."""
    exponent = np.exp(rng.uniform(-1, 1) * np.log(_LARGEST_GAMMA))
    return np.asarray(cv2.LUT(face, _to_levels(255 * (np.arange(256) / 255) ** exponent)), np.uint8)


def _lit_from_one_side(face: Image, rng: np.random.Generator) -> Image:
    """Darken the face towards a random direction, gradually or with a shadow's edge."""
    across, down = _grid(len(face))
    angle, edge = rng.uniform(0, 2 * np.pi), rng.uniform(-0.15, 0.15)
    place = (across - 0.5) * np.cos(angle) + (down - 0.5) * np.sin(angle)
    lit = 1 / (1 + np.exp(-rng.uniform(2, 14) * (place - edge)))
    darkest = rng.uniform(0.1, 0.7)
    return _to_levels(face * _like(darkest + (1 - darkest) * lit, face))


def _overexposed(face: Image, rng: np.random.Generator) -> Image:
    """Brighten so far that bright skin becomes white."""
    return _to_levels(face * rng.uniform(1.2, _LARGEST_GAIN))


def _with_local_contrast(face: Image, rng: np.random.Generator) -> Image:
    """Raise the contrast of details, like the processing of many cameras."""
    smooth = cv2.GaussianBlur(face, (0, 0), len(face) / rng.uniform(6, 16)).astype(np.float32)
    return _to_levels(smooth + (face - smooth) * rng.uniform(1.3, 3))


_LIGHTS = (_with_gamma, _lit_from_one_side, _overexposed, _with_local_contrast)


def _grid(side: int) -> tuple[FloatArray, FloatArray]:
    """Return the places of columns, ``(1, s)``, and rows, ``(s, 1)``, as shares of the side."""
    places: FloatArray = (np.arange(side, dtype=np.float32) + np.float32(0.5)) / np.float32(side)
    return places[np.newaxis], places[:, np.newaxis]


def _like(values: FloatArray, face: Image) -> FloatArray:
    """Return ``(s, s)`` values so that they multiply a grey or an RGB picture."""
    return values if face.ndim == 2 else values[..., np.newaxis]


def _to_levels(values: FloatArray) -> Image:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)
