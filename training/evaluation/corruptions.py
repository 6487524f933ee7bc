"""Corruptions of face pictures under which a model's robustness is measured.

Each takes ``(n, s, s)`` grey or ``(n, s, s, 3)`` RGB uint8 faces, framed like FER2013, and returns an array of the same
shape. Lengths are shares of the side.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from emotion.types import Image
from emotion.vision.fer2013_frame import FRAME_POINTS
from training.augment import coarsened
from training.lighting import lit_from, to_levels

Faces = NDArray[np.uint8]

BLUR_SHARE = 1 / 32
"""Standard deviation of the blur: 1.5 px of 48."""

NOISE_LEVELS = 15.0
JPEG_QUALITY = 30
LIGHT_SHARE = 0.2
DARK_NOISE_LEVELS = 4.0
"""Standard deviation of a sensor's noise in low light, grey levels."""

SHADE_SHARE = 0.25
"""Share of the light that is left at the darker side of a face."""

_EDGE_STEEPNESS = 10.0
"""Steepness of the change from light to shade, which takes about 0.4 of the side."""

GLARE_GAIN = 1.9
"""Factor by which an overexposed face is brightened."""

ROTATION_DEG = 20.0

_RIGHT_EYE, _LEFT_EYE, _NOSE, _MOUTH_RIGHT, _MOUTH_LEFT = FRAME_POINTS
_LENS = (0.15, 0.11)
"""Half width and half height of a lens of sunglasses: eyes lie 0.37 apart."""


@dataclass(frozen=True, slots=True)
class Corruption:
    """One corruption.

    Attributes:
        name: Name in files.
        title: Name for people.
        apply: Takes faces and a random generator.
    """

    name: str
    title: str
    apply: Callable[[Faces, np.random.Generator], Faces]


def blur(faces: Faces, rng: np.random.Generator) -> Faces:
    """Apply a Gaussian blur."""
    return _each(faces, lambda face: cv2.GaussianBlur(face, (0, 0), BLUR_SHARE * len(face)))


def add_noise(faces: Faces, rng: np.random.Generator) -> Faces:
    """Add Gaussian noise, independent for each pixel and channel."""
    return to_levels(faces + rng.normal(0, NOISE_LEVELS, faces.shape))


def compress(faces: Faces, rng: np.random.Generator) -> Faces:
    """Compress as low-quality JPEG."""
    quality = (cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY)

    def store(face: Image) -> Image:
        return np.asarray(cv2.imdecode(cv2.imencode(".jpg", face, quality)[1], cv2.IMREAD_UNCHANGED), np.uint8)

    return _each(faces, store)


def dim(faces: Faces, rng: np.random.Generator) -> Faces:
    """Keep a fifth of the light and add sensor noise."""
    return to_levels(LIGHT_SHARE * faces + rng.normal(0, DARK_NOISE_LEVELS, faces.shape))


def shade(faces: Faces, rng: np.random.Generator) -> Faces:
    """Light each face from the left or the right, as a window does."""
    angles = iter(np.where(rng.random(len(faces)) < 0.5, np.pi, 0.0))
    return _each(faces, lambda face: lit_from(face, next(angles), SHADE_SHARE, _EDGE_STEEPNESS))


def overexpose(faces: Faces, rng: np.random.Generator) -> Faces:
    """Brighten so far that bright skin becomes white."""
    return to_levels(faces * GLARE_GAIN)


def halve(faces: Faces, rng: np.random.Generator) -> Faces:
    """Halve the resolution, as for a face twice as far away."""
    return _each(faces, lambda face: coarsened(face, len(face) // 2))


def rotate(faces: Faces, rng: np.random.Generator) -> Faces:
    """Rotate each to the left or the right."""
    signs = iter(rng.choice((-1.0, 1.0), len(faces)))

    def turn(face: Image) -> Image:
        side = len(face)
        centre = ((side - 1) / 2, (side - 1) / 2)
        matrix = cv2.getRotationMatrix2D(centre, ROTATION_DEG * next(signs), 1.0)
        return np.asarray(cv2.warpAffine(face, matrix, (side, side), borderMode=cv2.BORDER_REPLICATE), np.uint8)

    return _each(faces, turn)


def cover_eyes(faces: Faces, rng: np.random.Generator) -> Faces:
    """Draw dark sunglasses."""

    def put_on(face: Image) -> Image:
        side = len(face)
        worn = np.ascontiguousarray(face).copy()
        for eye in (_RIGHT_EYE, _LEFT_EYE):
            cv2.ellipse(worn, _pixel(eye, side), _pixel(_LENS, side), 0, 0, 360, _grey(20), cv2.FILLED)
        bridge = max(1, side // 24)
        cv2.line(worn, _pixel(_RIGHT_EYE, side), _pixel(_LEFT_EYE, side), _grey(20), bridge)
        return worn

    return _each(faces, put_on)


def cover_mouth(faces: Faces, rng: np.random.Generator) -> Faces:
    """Draw a light surgical mask, from under the eyes to the chin."""
    top = (_NOSE[1] + _RIGHT_EYE[1]) / 2
    left, right = _MOUTH_RIGHT[0] - 0.22, _MOUTH_LEFT[0] + 0.22
    cheeks = [(left, top), (0.5, top - 0.04), (right, top)]
    outline = np.array([*cheeks, (right - 0.06, 0.9), (0.5, 1.0), (left + 0.06, 0.9)])

    def put_on(face: Image) -> Image:
        worn = np.ascontiguousarray(face).copy()
        cv2.fillPoly(worn, [np.rint(outline * len(face)).astype(np.int32)], _grey(200))
        return worn

    return _each(faces, put_on)


CORRUPTIONS: tuple[Corruption, ...] = (
    Corruption("clean", "As they are", lambda faces, rng: faces),
    Corruption("blur", "Blurred", blur),
    Corruption("noise", "Noisy", add_noise),
    Corruption("jpeg", f"JPEG of quality {JPEG_QUALITY}", compress),
    Corruption("dark", "Low light", dim),
    Corruption("side", "Lit from one side", shade),
    Corruption("overexposed", "Overexposed", overexpose),
    Corruption("half", "Half the size", halve),
    Corruption("rotated", f"Rotated by ±{ROTATION_DEG:.0f}°", rotate),
    Corruption("sunglasses", "Eyes covered", cover_eyes),
    Corruption("mask", "Mouth covered", cover_mouth),
)
"""All corruptions, starting with none."""


def _each(faces: Faces, change: Callable[[Image], Image]) -> Faces:
    return np.stack([change(face) for face in faces]) if len(faces) else faces


def _pixel(place: NDArray[np.floating] | tuple[float, float], side: int) -> tuple[int, int]:
    return round(float(place[0]) * side), round(float(place[1]) * side)


def _grey(level: int) -> tuple[int, int, int]:
    return (level, level, level)
