"""From splits on disk to what training consumes: leaks removed, votes turned into targets, batches varied."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from emotion.errors import DatasetError
from emotion.types import FloatArray
from emotion.vision.normalise import normalise
from training.datasets.face_set import FaceSet
from training.datasets.ferplus import majority_labels, vote_shares
from training.datasets.leaks import leaked_rows
from training.datasets.parquet import read_split
from training.recipes import Recipe


@dataclass(frozen=True, slots=True, eq=False)
class Examples:
    """Faces with the vote distribution to learn.

    Attributes:
        images: ``(n, 48, 48)`` uint8 grey.
        shares: ``(n, 8)`` float32 targets, each row summing to 1.
        majority: ``(n,)`` int8 majority label, −1 if undecided.
    """

    images: NDArray[np.uint8]
    shares: FloatArray
    majority: NDArray[np.int8]

    def __len__(self) -> int:
        return len(self.images)


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """Training and PublicTest examples, and how the training rows were counted."""

    train: Examples
    public: Examples
    counts: dict[str, int]


def load_material(folder: Path, *, limit: int | None, seed: int) -> Material:
    """Read the splits and prepare them. PrivateTest is read only to remove its copies from training.

    Args:
        folder: Holds the three Parquet files.
        limit: At most so many faces of each split, for quick trials.
        seed: Of that draw.
    """
    train, public, private = (
        read_split(folder, split).sample(limit, seed) for split in ("train", "public-test", "private-test")
    )
    leaked = leaked_rows(train.images, np.concatenate([public.images, private.images]))
    clean = train.take(~leaked)
    examples = usable_examples(clean)
    counts = {
        "read": len(train),
        "leaked": int(leaked.sum()),
        "without_usable_votes": len(clean) - len(examples),
        "used": len(examples),
    }
    return Material(examples, usable_examples(public), counts)


def usable_examples(faces: FaceSet) -> Examples:
    """Return the faces on which the taggers saw some expression, with their vote shares.

    Raises:
        DatasetError: The data set has no votes, or none that can be used.
    """
    if faces.votes is None:
        raise DatasetError(f"expected FER+ votes (columns votes_*) in the split {faces.split}; there are none")
    shares, usable = vote_shares(faces.votes)
    if not usable.any():
        raise DatasetError(f"expected usable FER+ votes in the split {faces.split}; no row has any")
    return Examples(faces.images[usable], shares[usable], majority_labels(faces.votes)[usable])


def batches_per_epoch(examples: Examples, recipe: Recipe) -> int:
    """Return the number of full batches, at least one; what is left over varies with the order."""
    return max(len(examples) // recipe.batch_size, 1)


def endless_batches(
    examples: Examples, recipe: Recipe, first_epoch: int = 0
) -> Iterator[tuple[FloatArray, FloatArray]]:
    """Yield varied, normalised batches of epoch after epoch.

    An epoch's order and variations depend on the seed and its number alone, so that a resumed
    run sees what an unbroken one would have seen.

    Yields:
        ``(b, 48, 48, 1)`` float32 inputs and ``(b, 8)`` float32 targets.
    """
    epoch = first_epoch
    while True:
        rng = np.random.default_rng((recipe.seed, epoch))
        order = rng.permutation(len(examples))
        for batch in range(batches_per_epoch(examples, recipe)):
            rows = order[batch * recipe.batch_size : (batch + 1) * recipe.batch_size]
            images = recipe.augmentation.apply(examples.images[rows], rng)
            yield normalise(images, recipe.normalisation), examples.shares[rows]
        epoch += 1
