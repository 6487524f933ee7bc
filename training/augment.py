"""Random augmentation of training faces, in NumPy and OpenCV only, since it runs in a background thread."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from emotion.types import Image
from training.lighting import LIGHTS, on_plain_background, to_levels


@dataclass(frozen=True, slots=True)
class Augmentation:
    """Strength of each augmentation. Amounts are drawn uniformly; zero turns an augmentation off.

    Attributes:
        flip: Probability of mirroring.
        shift: Largest shift, as a share of the side.
        rotation_deg: Largest rotation to either side.
        zoom: Largest change of scale: 0.15 means 0.85–1.15.
        contrast: Largest change of contrast about mid-grey: 0.3 means 0.7–1.3.
        brightness: Largest change of brightness, in grey levels.
        saturation: Largest change of colourfulness: 0.3 means 0.7–1.3; grey faces have none.
        erase: Probability of covering a random rectangle (Zhong et al. 2020).
        erase_share: Largest side of that rectangle, as a share of the picture's side.
        worsen: Probability of one degradation like a bad camera's: blur, noise, low resolution or darkness.
        relight: Probability of uneven or unusual light (:data:`training.lighting.LIGHTS`).
        background: Probability of a plain background (:func:`training.lighting.on_plain_background`).
    """

    flip: float = 0.5
    shift: float = 0.08
    rotation_deg: float = 13.0
    zoom: float = 0.15
    contrast: float = 0.3
    brightness: float = 30.0
    saturation: float = 0.3
    erase: float = 0.3
    erase_share: float = 0.4
    worsen: float = 0.0
    relight: float = 0.0
    background: float = 0.0

    def apply(self, images: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
        """Return an augmented copy.

        Args:
            images: ``(n, s, s)`` grey or ``(n, s, s, 3)`` RGB, uint8.
            rng: Random generator; the same seed gives the same batch.
        """
        return self.vary_appearance(self.move(images, rng), rng)

    def move(self, images: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
        """Return a copy with geometric changes only."""
        return warp(images, self.matrices(len(images), images.shape[1], rng))

    def vary_appearance(self, images: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
        """Return an augmented copy without geometric changes: light, colour, quality and erasing only."""
        varied = self._expose(self._recolour(images, rng), rng)
        _change_some(varied, (on_plain_background,), self.background, rng)
        _change_some(varied, LIGHTS, self.relight, rng)
        _change_some(varied, _DEGRADATIONS, self.worsen, rng)
        self._erase(varied, rng)
        return varied

    def matrices(self, count: int, size: int, rng: np.random.Generator) -> NDArray[np.float64]:
        """Draw ``(n, 2, 3)`` affine matrices, old to new px, that mirror, rotate, scale and shift about the centre."""
        angle = np.deg2rad(rng.uniform(-self.rotation_deg, self.rotation_deg, count))
        scale = rng.uniform(1 - self.zoom, 1 + self.zoom, count)
        mirror = np.where(rng.random(count) < self.flip, -1.0, 1.0)
        linear = np.empty((count, 2, 2))
        linear[:, 0, 0], linear[:, 0, 1] = scale * np.cos(angle) * mirror, -scale * np.sin(angle)
        linear[:, 1, 0], linear[:, 1, 1] = scale * np.sin(angle) * mirror, scale * np.cos(angle)
        centre = np.full(2, (size - 1) / 2)
        offset = centre - linear @ centre + rng.uniform(-self.shift, self.shift, (count, 2)) * size
        return np.concatenate([linear, offset[:, :, None]], axis=2)

    def _recolour(self, images: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
        """Move the colours of RGB faces towards their grey or away from it."""
        if images.ndim == 3 or not self.saturation:
            return images
        grey = images.mean(axis=3, keepdims=True, dtype=np.float32)
        gain = rng.uniform(1 - self.saturation, 1 + self.saturation, (len(images), 1, 1, 1)).astype(np.float32)
        return np.clip(grey + (images - grey) * gain, 0, 255).astype(np.uint8)

    def _expose(self, images: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
        """Change contrast and brightness; after standardisation, only saturated pixels differ."""
        shape = (len(images),) + (1,) * (images.ndim - 1)
        gain = rng.uniform(1 - self.contrast, 1 + self.contrast, shape).astype(np.float32)
        lift = rng.uniform(-self.brightness, self.brightness, shape).astype(np.float32)
        lit = (images.astype(np.float32) - 127.5) * gain + (127.5 + lift)
        return np.clip(lit, 0, 255).astype(np.uint8)

    def _erase(self, images: NDArray[np.uint8], rng: np.random.Generator) -> None:
        """Cover a rectangle of some faces in place with a random grey, like a hand or a mask."""
        size = images.shape[1]
        longest = max(round(size * self.erase_share), 2)
        for row in np.flatnonzero(rng.random(len(images)) < self.erase):
            height, width = rng.integers(longest // 4 + 1, longest + 1, 2)
            top, left = rng.integers(0, size - height + 1), rng.integers(0, size - width + 1)
            images[row, top : top + height, left : left + width] = rng.integers(0, 256)


def warp(images: NDArray[np.uint8], matrices: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Apply affine maps with one interpolation; borders repeat the edge pixels.

    Args:
        images: ``(n, s, s)`` or ``(n, s, s, 3)`` uint8.
        matrices: ``(n, 2, 3)``, old to new px.
    """
    size = images.shape[1]
    warped = np.empty_like(images)
    for row, matrix in enumerate(matrices):
        cv2.warpAffine(images[row], matrix, (size, size), dst=warped[row], borderMode=cv2.BORDER_REPLICATE)
    return warped


def _change_some(
    images: NDArray[np.uint8],
    changes: Sequence[Callable[[Image, np.random.Generator], Image]],
    probability: float,
    rng: np.random.Generator,
) -> None:
    """Change some faces in place, each in one of several ways."""
    for row in np.flatnonzero(rng.random(len(images)) < probability) if probability else ():
        images[row] = changes[int(rng.integers(len(changes)))](images[row], rng)


def _blurred(face: Image, rng: np.random.Generator) -> Image:
    return np.asarray(cv2.GaussianBlur(face, (0, 0), rng.uniform(0.5, len(face) / 24)), np.uint8)


def _noisy(face: Image, rng: np.random.Generator) -> Image:
    noise = _grain(face.shape, rng.uniform(3, 20), rng)
    return np.clip(face + noise, 0, 255).astype(np.uint8)


def _grain(shape: tuple[int, ...], deviation: float, rng: np.random.Generator) -> NDArray[np.float32]:
    """Return the noise of a face of this size that was enlarged by up to a factor of 2 after the noise arose."""
    scale = rng.uniform(0.5, 1)
    height, width = (round(scale * side) for side in shape[:2])
    noise = rng.normal(0, deviation, (height, width, *shape[2:])).astype(np.float32)
    return np.asarray(cv2.resize(noise, shape[1::-1], interpolation=cv2.INTER_LINEAR), np.float32)


def coarsened(face: Image, side: int) -> Image:
    """Return a square picture reduced to ``side`` px and enlarged again; a picture that is no larger is unchanged."""
    if side >= len(face):
        return face
    small = cv2.resize(face, (side, side), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, face.shape[1::-1], interpolation=cv2.INTER_LINEAR), np.uint8)


def _coarse(face: Image, rng: np.random.Generator) -> Image:
    return coarsened(face, round(len(face) * rng.uniform(1 / 3, 2 / 3)))


def _dark(face: Image, rng: np.random.Generator) -> Image:
    """Darken, so that few grey levels remain and sensor noise shows."""
    light = face * rng.uniform(0.1, 0.5) + _grain(face.shape, rng.uniform(0, 3), rng)
    return to_levels(light)


_DEGRADATIONS = (_blurred, _noisy, _coarse, _dark)

NONE = Augmentation(
    flip=0, shift=0, rotation_deg=0, zoom=0, contrast=0, brightness=0, saturation=0, erase=0, erase_share=0
)
"""No augmentation."""

FLIPS = replace(NONE, flip=0.5)
"""Mirroring only."""

GENTLE = replace(FLIPS, shift=0.1, rotation_deg=10.0, zoom=0.1)
"""Usual augmentation of small networks without other regularisation."""
