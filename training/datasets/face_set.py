"""The one shape in which every data set reaches training: a typed, immutable set of faces."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from emotion.errors import DatasetError

FACE_SIZE = 48
"""Side of a FER2013 face, px."""

NO_LABEL = -1
"""Label code of a face that carries no FER2013 label."""


@dataclass(frozen=True, slots=True, eq=False)
class FaceSet:
    """Faces of one split, with whichever of the two kinds of label they have.

    Attributes:
        split: Name of the split, such as ``"train"``.
        images: ``(n, 48, 48)`` uint8 grey, 0–255.
        labels: ``(n,)`` int8, FER2013 codes 0–6 in the order of ``FER2013_LABELS``, −1 if none.
        votes: ``(n, 10)`` int8 FER+ votes in the order of ``FERPLUS_LABELS`` followed by
            *unknown* and *not a face*, or None if the data set has no votes.
    """

    split: str
    images: NDArray[np.uint8]
    labels: NDArray[np.int8]
    votes: NDArray[np.int8] | None

    def __post_init__(self) -> None:
        size = len(self.images)
        if self.images.dtype != np.uint8 or self.images.shape[1:] != (FACE_SIZE, FACE_SIZE):
            raise DatasetError(
                f"expected uint8 faces of shape (n, {FACE_SIZE}, {FACE_SIZE}); "
                f"got {self.images.dtype} {self.images.shape}"
            )
        if self.labels.shape != (size,):
            raise DatasetError(f"expected {size} labels, one per face; got shape {self.labels.shape}")
        if self.votes is not None and self.votes.shape != (size, 10):
            raise DatasetError(f"expected votes of shape ({size}, 10); got {self.votes.shape}")

    def __len__(self) -> int:
        return len(self.images)

    def take(self, rows: NDArray[np.bool_] | NDArray[np.intp]) -> FaceSet:
        """Return the faces that a mask or an index array selects, in its order."""
        votes = None if self.votes is None else self.votes[rows]
        return replace(self, images=self.images[rows], labels=self.labels[rows], votes=votes)

    def sample(self, limit: int | None, seed: int) -> FaceSet:
        """Return at most ``limit`` faces, drawn without replacement and kept in order."""
        if limit is None or limit >= len(self):
            return self
        chosen = np.random.default_rng(seed).choice(len(self), size=limit, replace=False)
        return self.take(np.sort(chosen))
