"""What a network learns to answer, and by what it is judged: shares of votes, or the data set's own labels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emotion.errors import DatasetError
from emotion.labels import FERPLUS, NO_LABEL, LabelSet, subset_of
from emotion.types import FloatArray
from training.datasets.face_set import FaceSet
from training.datasets.ferplus import majority_labels, vote_shares
from training.recipes import EITHER, LABELS, Recipe

_ENOUGH = 0.5
"""Share of a face's votes that the learned classes must hold for it to be an example of them."""


@dataclass(frozen=True, slots=True, eq=False)
class Examples:
    """Faces with what is to be learned from them.

    Attributes:
        images: ``(n, s, s)`` grey or ``(n, s, s, 3)`` RGB uint8.
        shares: ``(n, k)`` float32 targets, each row summing to 1.
        majority: ``(n,)`` int8 label to be judged by, −1 if undecided.
        label_set: Meaning of the ``k`` columns.
    """

    images: NDArray[np.uint8]
    shares: FloatArray
    majority: NDArray[np.int8]
    label_set: LabelSet = FERPLUS

    def __len__(self) -> int:
        return len(self.images)


def examples_of(faces: FaceSet, recipe: Recipe) -> Examples:
    """Return the faces that a recipe can learn from, with their targets.

    Raises:
        DatasetError: The data set has no votes, or no face of the classes.
        LabelError: The data set does not know a class of the recipe.
    """
    by_label = recipe.targets == LABELS or (recipe.targets == EITHER and faces.votes is None)
    examples = _labelled(faces, recipe) if by_label else _voted(faces, recipe)
    if not len(examples):
        raise DatasetError(
            f"expected faces of {', '.join(examples.label_set.labels)} in the split {faces.split}; there are none"
        )
    return examples


def _labelled(faces: FaceSet, recipe: Recipe) -> Examples:
    """All of a face's share goes to its label."""
    chosen = faces.only(recipe.classes or faces.label_set.labels)
    shares = np.eye(len(chosen.label_set), dtype=np.float32)[chosen.labels]
    return Examples(chosen.images, shares, chosen.labels, chosen.label_set)


def _voted(faces: FaceSet, recipe: Recipe) -> Examples:
    """The shares of the learned classes, made to sum to 1, where they hold more than half of the votes."""
    if faces.votes is None:
        raise DatasetError(f"expected FER+ votes (columns votes_*) in the split {faces.split}; there are none")
    label_set = subset_of(FERPLUS, recipe.classes or FERPLUS.labels)
    columns = [FERPLUS.labels.index(label) for label in label_set.labels]
    shares, _ = vote_shares(faces.votes)
    kept = shares[:, columns]
    total = kept.sum(axis=1)
    usable = total > _ENOUGH
    majority = _recode(majority_labels(faces.votes), columns)
    return Examples(faces.images[usable], kept[usable] / total[usable, None], majority[usable], label_set)


def _recode(labels: NDArray[np.int8], columns: list[int]) -> NDArray[np.int8]:
    """Number labels by their place among the chosen columns; the others become −1."""
    codes = np.full(len(FERPLUS) + 1, NO_LABEL, np.int8)  # the last entry serves label −1
    codes[columns] = np.arange(len(columns))
    return codes[labels]


def label_sets_of(faces: FaceSet) -> tuple[LabelSet, ...]:
    """Return the kinds of label by which faces can be judged: FER+ majorities if they have votes, and their own."""
    return (FERPLUS, faces.label_set) if faces.votes is not None else (faces.label_set,)


def truths(faces: FaceSet, label_set: LabelSet) -> NDArray[np.int8]:
    """Return each face's label in one of :func:`label_sets_of`, −1 where it has none.

    Raises:
        DatasetError: The faces carry no labels of this set.
    """
    if label_set.name == faces.label_set.name:
        return faces.labels
    if label_set is FERPLUS and faces.votes is not None:
        return majority_labels(faces.votes)
    raise DatasetError(f"expected labels out of {[known.name for known in label_sets_of(faces)]}; got {label_set.name}")
