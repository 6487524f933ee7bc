"""Joins several sets of faces: FER2013 trains both heads, extra sets train the first one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from emotion.errors import DatasetError
from emotion.evaluation.scoring import recode
from emotion.labels import EMOTIONS, NO_LABEL
from emotion.types import FloatArray
from emotion.vision.normalise import GREY, fit
from training.data.balance import balanced_shares
from training.data.targets import Examples, Head, smoothed
from training.datasets.face_set import FaceSet
from training.datasets.manifest import MANIFEST_FILE
from training.datasets.splits import Role
from training.recipes import ExtraSet, Recipe

Sets = Mapping[str, Mapping[Role, FaceSet]]
"""Name of a set → role of its splits → faces."""


def set_folders(folder: Path | None, recipe: Recipe) -> dict[str, Path]:
    """Return the prepared sets in a folder: first those that a recipe names, then the others.

    Raises:
        DatasetError: A set that the recipe names is missing.
    """
    named = [share.name for share in recipe.sets]
    found = sorted(path.parent.name for path in folder.glob(f"*/{MANIFEST_FILE}")) if folder else []
    if missing := [name for name in named if name not in found]:
        raise DatasetError(
            f"expected the sets {', '.join(named)} in {folder}; {', '.join(missing)} missing "
            "(`python -m training faces` prepares them)"
        )
    return {name: folder / name for name in (*named, *(name for name in found if name not in named)) if folder}


def join_sets(
    train: Examples, validation: Examples, further: Sets, recipe: Recipe, size: int
) -> tuple[Examples, Examples]:
    """Return the training and the validation examples of the data set and the extra sets together.

    Args:
        train: Training examples of the data set, with all heads of the network.
        validation: Validation examples of the data set.
        further: Extra sets.
        recipe: Defines the weight of each set and the class balance.
        size: Side to which all faces are resized, px.
    """
    shares = {share.name: share for share in recipe.sets}
    parts, judged = [_first(train, size)], [_first(validation, size)]
    for origin, (name, splits) in enumerate(further.items(), start=1):
        share = shares.get(name, ExtraSet(name))
        if "train" in splits:
            parts.append(_examples(splits["train"], share, train.heads, origin, recipe.label_smoothing, size))
        if "validation" in splits:
            judged.append(_examples(splits["validation"], share, train.heads, origin, recipe.label_smoothing, size))
    names = ("fer2013", *further)
    return _balanced(_joined(parts, names), recipe), _joined(judged, names)


def _first(examples: Examples, size: int) -> Examples:
    count = len(examples)
    return replace(
        examples,
        images=_sized(examples.images, size),
        origin=np.zeros(count, np.int16),
        weights=np.ones(count, np.float32),
    )


def _examples(
    faces: FaceSet, share: ExtraSet, heads: tuple[Head, ...], origin: int, smoothing: float, size: int
) -> Examples:
    """Return the examples of an extra set, which has targets for the first head only."""
    count = len(faces)
    others = [
        Head(head.label_set, np.zeros((count, len(head.label_set)), np.float32), np.full(count, NO_LABEL, np.int8))
        for head in heads[1:]
    ]
    return Examples(
        _sized(faces.images, size),
        (_partial_head(faces, share, heads[0], smoothing), *others),
        np.full(count, origin, np.int16),
        np.full(count, share.weight, np.float32),
    )


def _partial_head(faces: FaceSet, share: ExtraSet, head: Head, smoothing: float) -> Head:
    """Split each target between the label (the set's trust) and the partial label (the rest)."""
    labels = head.label_set.labels
    truth = recode(faces.labels, faces.label_set, labels)
    shares = share.trust * smoothed(truth, len(labels), smoothing)
    return Head(head.label_set, shares, truth, _possible(faces, truth, labels))


def _possible(faces: FaceSet, truth: NDArray[np.int8], labels: tuple[str, ...]) -> NDArray[np.bool_]:
    if faces.possible is None:
        label_alone = np.eye(len(labels) + 1, len(labels), dtype=bool)
        label_alone[-1] = True
        return label_alone[truth]
    bits = np.array([1 << EMOTIONS.index(label) for label in labels])
    return (faces.possible[:, np.newaxis] & bits) != 0


def _sized(images: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    return np.stack([fit(image, size, GREY) for image in images])


def _joined(parts: list[Examples], names: tuple[str, ...]) -> Examples:
    heads = tuple(_joined_head([part.heads[index] for part in parts]) for index in range(len(parts[0].heads)))
    origin, weights = (np.concatenate([getattr(part, name) for part in parts]) for name in ("origin", "weights"))
    return Examples(np.concatenate([part.images for part in parts]), heads, origin, weights, names)


def _joined_head(heads: list[Head]) -> Head:
    masks = [np.ones_like(head.shares, bool) if head.possible is None else head.possible for head in heads]
    return Head(
        heads[0].label_set,
        np.concatenate([head.shares for head in heads]),
        np.concatenate([head.truth for head in heads]),
        np.concatenate(masks),
    )


def _balanced(examples: Examples, recipe: Recipe) -> Examples:
    if not recipe.balance:
        return examples
    weights: FloatArray = np.ones(len(examples), np.float32) if examples.weights is None else examples.weights
    return replace(examples, weights=balanced_shares(examples.heads[0].shares, weights, recipe.balance))
