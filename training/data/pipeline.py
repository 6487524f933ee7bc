"""From a data set on disk to what training consumes: leaks removed, targets made, batches varied."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from emotion.errors import DatasetError
from emotion.types import FloatArray
from training.data.balance import balanced_order, repeated_order, sample_weights
from training.data.inputs import InputForm
from training.data.several_sets import join_sets, set_folders
from training.data.targets import Examples, examples_of
from training.datasets.face_set import FaceSet
from training.datasets.manifest import reduced_size
from training.datasets.readers.parquet import read_dataset, read_split, split_files
from training.datasets.splits import Role, by_role
from training.preparation.leaks import leaked_rows
from training.recipes import Recipe

Batch = tuple[FloatArray, FloatArray, FloatArray]
"""``(b, s, s, c)`` float32 inputs, ``(b, k)`` float32 targets and ``(b,)`` float32 weights."""


@dataclass(frozen=True, slots=True, eq=False)
class TrainingData:
    """Training and validation examples, and how the training rows were counted."""

    train: Examples
    validation: Examples
    counts: dict[str, int]


def load_training_data(
    folder: Path, recipe: Recipe, form: InputForm, *, limit: int | None = None, faces: Path | None = None
) -> TrainingData:
    """Read a data set and prepare it. Its test split is read only to remove its copies from training.

    Args:
        folder: Holds the splits as Parquet files.
        recipe: Says what is learned, and the seed of the draw.
        form: Pictures larger than the network's input are reduced as they are read.
        limit: At most so many faces of each split, for quick trials.
        faces: Folder of further prepared sets, for a recipe that learns from several.

    Raises:
        DatasetError: A data set is missing or not laid out so, or has nothing to learn for this recipe.
        LabelError: It does not know a class of the recipe.
    """
    splits = {role: known.sample(limit, recipe.seed) for role, known in read_roles(folder, form.size).items()}
    further = {
        name: {role: known.sample(limit, recipe.seed) for role, known in by_role(read_dataset(path)).items()}
        for name, path in (set_folders(faces, recipe) if recipe.sets else {}).items()
    }
    train, validation = splits["train"], splits["validation"]
    judged = [known.images for each in (splits, *further.values()) for role, known in each.items() if role != "train"]
    leaked = np.any([leaked_rows(train.images, images) for images in judged], axis=0)
    clean = train.take(~leaked)
    examples = examples_of(clean, recipe)
    counts = {
        "read": len(train),
        "leaked": int(leaked.sum()),
        "without_target": len(clean) - len(examples),
        "used": len(examples),
    }
    judged_by = examples_of(validation, recipe)
    if further:
        counts |= {name: len(each["train"]) for name, each in further.items()}
        examples, judged_by = join_sets(examples, judged_by, further, recipe, form.size)
    return TrainingData(examples, judged_by, counts)


def read_roles(folder: Path, largest: int) -> dict[Role, FaceSet]:
    """Read a data set by what its splits may be used for.

    Args:
        folder: Holds the splits.
        largest: Side to which larger pictures are reduced, px, which saves memory.

    Raises:
        DatasetError: There is no training or no validation split.
    """
    splits = by_role(read_dataset(folder, size=reduced_size(folder, largest)))
    if not {"train", "validation"} <= set(splits):
        raise DatasetError(f"expected a training and a validation split in {folder}; got {', '.join(splits)}")
    return splits


def read_validation(folder: Path) -> FaceSet:
    """Read the validation split alone.

    Raises:
        DatasetError: There is none.
    """
    splits = by_role({split: split for split in split_files(folder)})
    if "validation" not in splits:
        raise DatasetError(f"expected a validation split in {folder}; got {', '.join(splits) or 'none'}")
    return read_split(folder, splits["validation"])


def batches_per_epoch(examples: Examples, recipe: Recipe) -> int:
    """Return the number of full batches, at least one; what is left over varies with the order."""
    faces = len(examples) if examples.weights is None else int(examples.weights.sum() * 0.99)
    return max(faces // recipe.batch_size, 1)


def endless_batches(examples: Examples, recipe: Recipe, form: InputForm, first_epoch: int = 0) -> Iterator[Batch]:
    """Yield varied, prepared batches of epoch after epoch.

    An epoch's order and variations depend on the seed and its number alone, so that a resumed
    run sees what an unbroken one would have seen.
    """
    shares, first_head = examples.targets, examples.heads[0].shares
    weights = sample_weights(first_head) if recipe.class_weights else np.ones(len(examples), np.float32)
    epoch = first_epoch
    while True:
        rng = np.random.default_rng((recipe.seed, epoch))
        order = _order(examples, recipe, rng)
        for start in range(0, batches_per_epoch(examples, recipe) * recipe.batch_size, recipe.batch_size):
            rows = order[start : start + recipe.batch_size]
            images = recipe.augmentation.apply(examples.images[rows], rng)
            batch = form.prepare(images), shares[rows], weights[rows]
            yield _blend(batch, recipe.mixup, rng) if recipe.mixup else batch
        epoch += 1


def _order(examples: Examples, recipe: Recipe, rng: np.random.Generator) -> NDArray[np.intp]:
    """Return the rows of an epoch in the order in which they are shown."""
    if recipe.oversample:
        return balanced_order(examples.heads[0].shares, rng)
    return rng.permutation(len(examples)) if examples.weights is None else repeated_order(examples.weights, rng)


def _blend(batch: Batch, strength: float, rng: np.random.Generator) -> Batch:
    """Mix each face and its targets with another one's of the batch, by a share drawn once (Zhang et al. 2018)."""
    share = np.float32(rng.beta(strength, strength))
    others = rng.permutation(len(batch[0]))
    faces, targets, weights = (share * values + (1 - share) * values[others] for values in batch)
    return faces, targets, weights
