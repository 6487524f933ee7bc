"""An immutable set of labelled faces, the form of every data set in training."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from emotion.errors import DatasetError
from emotion.labels import FER2013, NO_LABEL, LabelSet

FACE_SIZE = 48
"""Side of a FER2013 face, px."""

VOTE_CLASSES = 10
"""Columns of FER+ votes: eight expressions, *unknown* and *not a face*."""


@dataclass(frozen=True, slots=True, eq=False)
class FaceSet:
    """Faces of one split with their labels.

    Attributes:
        split: Name of the split, such as ``"train"``.
        images: ``(n, s, s)`` grey or ``(n, s, s, 3)`` RGB uint8, 0–255.
        labels: ``(n,)`` int8 codes: positions in ``label_set``, −1 if none.
        votes: ``(n, 10)`` int8 FER+ votes in the order of ``FERPLUS_LABELS`` followed by
            *unknown* and *not a face*, or None if the data set has no votes.
        label_set: Meaning of the codes.
        valence: ``(n,)`` float32, −1 (unpleasant) to 1, NaN if unknown; or None.
        arousal: ``(n,)`` float32, −1 (calm) to 1, NaN if unknown; or None.
        possible: ``(n,)`` int16 partial labels: bit i is set if the face may show ``EMOTIONS[i]``; or None if nothing
            is ruled out.
    """

    split: str
    images: NDArray[np.uint8]
    labels: NDArray[np.int8]
    votes: NDArray[np.int8] | None = None
    label_set: LabelSet = FER2013
    valence: NDArray[np.float32] | None = None
    arousal: NDArray[np.float32] | None = None
    possible: NDArray[np.int16] | None = None

    def __post_init__(self) -> None:
        size = len(self.images)
        if self.images.dtype != np.uint8 or not _is_square(self.images.shape):
            raise DatasetError(
                f"expected square uint8 faces of shape (n, s, s) or (n, s, s, 3); "
                f"got {self.images.dtype} {self.images.shape}"
            )
        if self.labels.shape != (size,):
            raise DatasetError(f"expected {size} labels, one per face; got shape {self.labels.shape}")
        if size and not NO_LABEL <= self.labels.min() <= self.labels.max() < len(self.label_set):
            raise DatasetError(
                f"expected label codes from {NO_LABEL} to {len(self.label_set) - 1} ({self.label_set.name}); "
                f"got {self.labels.min()} to {self.labels.max()}"
            )
        if self.votes is not None and self.votes.shape != (size, VOTE_CLASSES):
            raise DatasetError(f"expected votes of shape ({size}, {VOTE_CLASSES}); got {self.votes.shape}")
        for name in ("valence", "arousal", "possible"):
            values = getattr(self, name)
            if values is not None and values.shape != (size,):
                raise DatasetError(f"expected {size} values of {name}, one per face; got shape {values.shape}")

    def __len__(self) -> int:
        return len(self.images)

    @property
    def size(self) -> int:
        """Side of the faces, px."""
        return int(self.images.shape[1])

    @property
    def is_colour(self) -> bool:
        """Whether the faces are RGB."""
        return self.images.ndim == 4

    def take(self, rows: NDArray[np.bool_] | NDArray[np.intp]) -> FaceSet:
        """Return the faces selected by a mask or an index array, in its order."""
        arrays = {name: getattr(self, name) for name in ("images", "labels", "votes", "valence", "arousal", "possible")}
        return replace(self, **{name: values[rows] for name, values in arrays.items() if values is not None})

    def sample(self, limit: int | None, seed: int) -> FaceSet:
        """Return at most ``limit`` faces, drawn without replacement and kept in order."""
        if limit is None or limit >= len(self):
            return self
        chosen = np.random.default_rng(seed).choice(len(self), size=limit, replace=False)
        return self.take(np.sort(chosen))


def _is_square(shape: tuple[int, ...]) -> bool:
    return len(shape) in {3, 4} and shape[1] == shape[2] and shape[3:] in {(), (3,)}
