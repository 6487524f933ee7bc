"""Training targets and the labels that answers are judged by: shares of votes, or the data set's own labels."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from emotion.errors import DatasetError
from emotion.evaluation.scoring import recode
from emotion.labels import FERPLUS, NO_LABEL, LabelSet, subset_of
from emotion.types import FloatArray
from training.datasets.face_set import FaceSet
from training.datasets.ferplus import majority_labels, vote_shares
from training.recipes import BOTH, EITHER, LABELS, Recipe

_ENOUGH = 0.5
"""Minimum share of a face's votes that must be for the recipe's classes."""


@dataclass(frozen=True, slots=True, eq=False)
class Head:
    """Targets of some faces in one label set.

    Attributes:
        label_set: Meaning of the ``k`` columns.
        shares: ``(n, k)`` float32 targets; a row sums to 1, or to 0 without a target.
        truth: ``(n,)`` int8 correct label for scoring, −1 if undecided.
        possible: ``(n, k)`` bool partial labels: labels that a face may show; None if nothing is ruled out. They get
            what a row of shares lacks to 1.
    """

    label_set: LabelSet
    shares: FloatArray
    truth: NDArray[np.int8]
    possible: NDArray[np.bool_] | None = None

    def take(self, rows: NDArray[np.bool_] | NDArray[np.intp]) -> Head:
        """Return the targets of the faces that a mask or an index array selects."""
        possible = None if self.possible is None else self.possible[rows]
        return replace(self, shares=self.shares[rows], truth=self.truth[rows], possible=possible)

    @property
    def has_target(self) -> NDArray[np.bool_]:
        """``(n,)`` mask of the faces with a target or a partial label."""
        known = np.asarray(self.shares.any(axis=1), np.bool_)
        return known if self.possible is None else known | ~np.asarray(self.possible.all(axis=1), np.bool_)


@dataclass(frozen=True, slots=True, eq=False)
class Examples:
    """Faces with their targets.

    Attributes:
        images: ``(n, s, s)`` grey or ``(n, s, s, 3)`` RGB uint8.
        heads: Targets of the network's heads, in the order of its outputs; most networks have one.
        origin: ``(n,)`` int16 index in ``sets`` of each face's set; None for a single set.
        sets: Names of the sets, the data set itself first; empty for a single set.
        weights: ``(n,)`` float32 average number of times that a face is shown in an epoch; None for once each.
    """

    images: NDArray[np.uint8]
    heads: tuple[Head, ...]
    origin: NDArray[np.int16] | None = None
    weights: FloatArray | None = None
    sets: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.images)

    @property
    def outputs(self) -> int:
        """Number of labels of all heads."""
        return sum(len(head.label_set) for head in self.heads)

    @property
    def shares(self) -> FloatArray:
        """``(n, outputs)`` float32 targets of all heads side by side."""
        return np.concatenate([head.shares for head in self.heads], axis=1)

    @property
    def targets(self) -> FloatArray:
        """``(n, outputs)`` shares; with partial labels ``(n, 2 · outputs)``: shares, then the mask of possible ones."""
        if all(head.possible is None for head in self.heads):
            return self.shares
        masks = [np.ones_like(head.shares) if head.possible is None else head.possible for head in self.heads]
        return np.concatenate([self.shares, *(mask.astype(np.float32) for mask in masks)], axis=1)

    def take(self, rows: NDArray[np.bool_] | NDArray[np.intp]) -> Examples:
        """Return the examples that a mask or an index array selects, in its order."""
        origin = None if self.origin is None else self.origin[rows]
        weights = None if self.weights is None else self.weights[rows]
        heads = tuple(head.take(rows) for head in self.heads)
        return replace(self, images=self.images[rows], heads=heads, origin=origin, weights=weights)


def examples_of(faces: FaceSet, recipe: Recipe) -> Examples:
    """Return the faces that have a target under a recipe.

    Raises:
        DatasetError: The data set has no votes, or no face of the classes.
        LabelError: The data set lacks a class of the recipe.
    """
    heads = _heads(faces, recipe)
    known = np.any([head.has_target for head in heads], axis=0)
    if not known.any():
        names = ", ".join(dict.fromkeys(label for head in heads for label in head.label_set.labels))
        raise DatasetError(f"expected faces of {names} in the split {faces.split}; there are none")
    return Examples(faces.images, heads).take(known)


def _heads(faces: FaceSet, recipe: Recipe) -> tuple[Head, ...]:
    if recipe.targets == BOTH:
        return _voted(faces, recipe), _labelled(faces, recipe)
    by_label = recipe.targets == LABELS or (recipe.targets == EITHER and faces.votes is None)
    return (_labelled(faces, recipe) if by_label else _voted(faces, recipe),)


def _labelled(faces: FaceSet, recipe: Recipe) -> Head:
    """Return one-hot targets with the recipe's label smoothing."""
    label_set = subset_of(faces.label_set, recipe.classes or faces.label_set.labels)
    truth = recode(faces.labels, faces.label_set, label_set.labels)
    return Head(label_set, smoothed(truth, len(label_set), recipe.label_smoothing), truth)


def smoothed(truth: NDArray[np.int8], labels: int, smoothing: float) -> FloatArray:
    """Return ``(n, labels)`` one-hot targets with label smoothing.

    Args:
        truth: ``(n,)`` labels; a face with −1 gets zeros.
        labels: Number of labels.
        smoothing: Share that is spread, 0–1.
    """
    one_hot = np.eye(labels + 1, labels, dtype=np.float32)  # the last row serves code −1
    one_hot[:-1] += smoothing * (1 / labels - one_hot[:-1])
    return one_hot[truth]


def _voted(faces: FaceSet, recipe: Recipe) -> Head:
    """Return the normalised shares of the recipe's classes, for faces with more than half of their votes on these."""
    if faces.votes is None:
        raise DatasetError(f"expected FER+ votes (columns votes_*) in the split {faces.split}; there are none")
    label_set = subset_of(FERPLUS, recipe.classes or FERPLUS.labels)
    columns = [FERPLUS.labels.index(label) for label in label_set.labels]
    shares, _ = vote_shares(faces.votes)
    kept = shares[:, columns]
    total = kept.sum(axis=1, keepdims=True)
    usable = total > _ENOUGH
    truth = np.where(usable[:, 0], recode(majority_labels(faces.votes), FERPLUS, label_set.labels), np.int8(NO_LABEL))
    return Head(label_set, np.divide(kept, total, out=np.zeros_like(kept), where=usable), truth)


def label_sets_of(faces: FaceSet) -> tuple[LabelSet, ...]:
    """Return the label sets that faces have labels of: FER+ (majority votes) if they have votes, and their own."""
    return (FERPLUS, faces.label_set) if faces.votes is not None else (faces.label_set,)


def truths(faces: FaceSet, label_set: LabelSet) -> NDArray[np.int8]:
    """Return each face's label in one of :func:`label_sets_of`, −1 for none.

    Raises:
        DatasetError: The faces carry no labels of this set.
    """
    if label_set.name == faces.label_set.name:
        return faces.labels
    if label_set is FERPLUS and faces.votes is not None:
        return majority_labels(faces.votes)
    raise DatasetError(f"expected labels out of {[known.name for known in label_sets_of(faces)]}; got {label_set.name}")
