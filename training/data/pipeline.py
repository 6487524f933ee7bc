"""The data pipeline of training: removes leaked faces, builds targets and yields augmented batches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from emotion.errors import DatasetError
from emotion.models.registry import load_card
from emotion.types import FloatArray
from training.data.balance import balanced_order, repeated_order, sample_weights
from training.data.inputs import InputForm
from training.data.several_sets import join_sets, set_folders
from training.data.targets import Examples, examples_of
from training.data.versions import Versions
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
    """What a run learns from and is judged by.

    Attributes:
        train: Training examples.
        validation: Validation examples.
        counts: Counts of training faces read, removed and used.
        versions: Augmented versions of the training faces with teachers' answers, if the recipe has some.
    """

    train: Examples
    validation: Examples
    counts: dict[str, int]
    versions: Versions | None = None


def load_training_data(
    folder: Path, recipe: Recipe, form: InputForm, *, limit: int | None = None, faces: Path | None = None
) -> TrainingData:
    """Read and prepare a data set. The test split is only read to remove its duplicates from the training split.

    Args:
        folder: Holds the splits as Parquet files.
        recipe: Says which targets are learned, and seeds the sampling.
        form: Pictures larger than the network's input are reduced as they are read.
        limit: Maximum number of faces per split, for quick trials.
        faces: Folder of extra prepared sets, for recipes that use some.

    Raises:
        DatasetError: A data set is missing, has another layout, or has no targets for this recipe.
        LabelError: The data set lacks a class of the recipe.
    """

    def sampled(path: Path, size: int | None) -> dict[Role, FaceSet]:
        return {
            role: known.sample(limit, recipe.seed) for role, known in by_role(read_dataset(path, size=size)).items()
        }

    splits = sampled(folder, reduced_size(folder, form.size))
    if not {"train", "validation"} <= set(splits):
        raise DatasetError(f"expected a training and a validation split in {folder}; got {', '.join(splits)}")
    extra_folders = set_folders(faces, recipe) if recipe.sets else {}
    further = {name: sampled(path, None) for name, path in extra_folders.items()}
    train, validation = splits["train"], splits["validation"]
    held_out = [known.images for each in (splits, *further.values()) for role, known in each.items() if role != "train"]
    leaked = np.any([leaked_rows(train.images, images) for images in held_out], axis=0)
    clean = train.take(~leaked)
    examples = examples_of(clean, recipe)
    counts = {
        "read": len(train),
        "leaked": int(leaked.sum()),
        "without_target": len(clean) - len(examples),
        "used": len(examples),
    }
    validation_examples = examples_of(validation, recipe)
    if further:
        counts |= {name: len(each["train"]) for name, each in further.items() if "train" in each}
        size = _largest_input(recipe, form)
        examples, validation_examples = join_sets(examples, validation_examples, further, recipe, size)
    return TrainingData(examples, validation_examples, counts)


def _largest_input(recipe: Recipe, form: InputForm) -> int:
    """Return the largest side, px, of the inputs of the network and of the teachers that answer about all faces."""
    asked = recipe.teachers if recipe.teacher_versions else ()
    return max([form.size, *(load_card(name).input_size for name in asked)])


def read_role(folder: Path, role: Role, largest: int | None = None) -> FaceSet:
    """Read the split of a data set that has a role.

    Args:
        folder: Folder of the data set.
        role: ``"train"``, ``"validation"`` or ``"test"``.
        largest: Side to which larger pictures are reduced to save memory, px; None to keep them.

    Raises:
        DatasetError: There is no such split.
    """
    splits = by_role({split: split for split in split_files(folder)})
    if role not in splits:
        raise DatasetError(f"expected a {role} split in {folder}; got {', '.join(splits) or 'none'}")
    return read_split(folder, splits[role], size=None if largest is None else reduced_size(folder, largest))


def batches_per_epoch(examples: Examples, recipe: Recipe) -> int:
    """Return the number of full batches per epoch, at least one; the rest is dropped."""
    faces = len(examples) if examples.weights is None else int(examples.weights.sum() * 0.99)
    return max(faces // recipe.batch_size, 1)


def endless_batches(
    examples: Examples, recipe: Recipe, form: InputForm, first_epoch: int = 0, versions: Versions | None = None
) -> Iterator[Batch]:
    """Yield augmented batches without end; with ``versions``, these take the place of new augmentation.

    An epoch's order and augmentation depend only on the seed and the epoch's number, so a resumed run gets the same
    batches as an uninterrupted one.
    """
    shares, first_head = examples.targets, examples.heads[0].shares
    weights = sample_weights(first_head) if recipe.class_weights else np.ones(len(examples), np.float32)
    epoch = first_epoch
    while True:
        rng = np.random.default_rng((recipe.seed, epoch))
        order = _order(examples, recipe, rng)
        for start in range(0, batches_per_epoch(examples, recipe) * recipe.batch_size, recipe.batch_size):
            rows = order[start : start + recipe.batch_size]
            if versions is None:
                images, targets = recipe.augmentation.apply(examples.images[rows], rng), shares[rows]
            else:
                images, targets = versions.draw(rows, shares[rows], rng)
            batch = form.prepare(images), targets, weights[rows]
            yield _blend(batch, recipe.mixup, rng) if recipe.mixup else batch
        epoch += 1


def _order(examples: Examples, recipe: Recipe, rng: np.random.Generator) -> NDArray[np.intp]:
    """Return the rows of an epoch in training order."""
    if recipe.oversample:
        return balanced_order(examples.heads[0].shares, rng)
    return rng.permutation(len(examples)) if examples.weights is None else repeated_order(examples.weights, rng)


def _blend(batch: Batch, strength: float, rng: np.random.Generator) -> Batch:
    """Apply mixup: blend each face and its targets with another face of the batch (Zhang et al. 2018)."""
    share = np.float32(rng.beta(strength, strength))
    others = rng.permutation(len(batch[0]))
    faces, targets, weights = (share * values + (1 - share) * values[others] for values in batch)
    return faces, targets, weights
