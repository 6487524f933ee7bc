"""Augmented versions of the training faces, with the teachers' answers to each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emotion.types import FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Versions:
    """Several versions of all training faces.

    Attributes:
        images: ``(v, n, s, s)`` grey uint8.
        answers: ``(v, n, k)`` float32 probabilities of the first head's labels.
        weight: Share of a target that comes from the answers, 0–1.
        flip: Probability of mirroring a face when it is shown. Its answers are used as they are: they hardly change.
    """

    images: NDArray[np.uint8]
    answers: FloatArray
    weight: float
    flip: float

    def draw(
        self, rows: NDArray[np.intp], targets: FloatArray, rng: np.random.Generator
    ) -> tuple[NDArray[np.uint8], FloatArray]:
        """Return a random version of each face, and its targets mixed with the answers about that version.

        Args:
            rows: ``(b,)`` indices of faces.
            targets: ``(b, m)`` their own targets, the first head's in the first ``k`` columns.
            rng: Random generator.
        """
        version = rng.integers(len(self.images), size=len(rows))
        images = self.images[version, rows]
        is_mirrored = rng.random(len(rows)) < self.flip
        images[is_mirrored] = images[is_mirrored, :, ::-1]
        mixed = targets.copy()
        first = slice(0, self.answers.shape[2])
        mixed[:, first] = (1 - self.weight) * targets[:, first] + self.weight * self.answers[version, rows]
        return images, mixed
