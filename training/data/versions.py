"""Rotated, scaled and shifted versions of the training faces, with the teachers' answers to each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emotion.types import FloatArray
from training.augment import Augmentation


@dataclass(frozen=True, slots=True, eq=False)
class Versions:
    """Several versions of all training faces, which differ in geometry only.

    Attributes:
        images: ``(v, n, s, s)`` grey uint8.
        answers: ``(v, n, k)`` float32 probabilities of the first head's labels.
        weight: Share of a target that comes from the answers, 0–1.
        augmentation: Mirrors some faces and changes their appearance each time they are drawn. The answers stay the
            same, so that for a badly lit face the network learns what its teachers say about it in its original light.
    """

    images: NDArray[np.uint8]
    answers: FloatArray
    weight: float
    augmentation: Augmentation

    def draw(
        self, rows: NDArray[np.intp], targets: FloatArray, rng: np.random.Generator
    ) -> tuple[NDArray[np.uint8], FloatArray]:
        """Return a random version of each face, changed anew, and its targets mixed with the answers to that version.

        Args:
            rows: ``(b,)`` indices of faces.
            targets: ``(b, m)`` their own targets, the first head's in the first ``k`` columns.
            rng: Random generator.
        """
        version = rng.integers(len(self.images), size=len(rows))
        images = self.images[version, rows]
        is_mirrored = rng.random(len(rows)) < self.augmentation.flip
        images[is_mirrored] = images[is_mirrored, :, ::-1]
        mixed = targets.copy()
        first = slice(0, self.answers.shape[2])
        mixed[:, first] = (1 - self.weight) * targets[:, first] + self.weight * self.answers[version, rows]
        return self.augmentation.vary_appearance(images, rng), mixed
