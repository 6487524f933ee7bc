"""Agreement of a data set's labels with FER+ votes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from emotion.labels import FERPLUS_LABELS, NO_LABEL
from emotion.types import FloatArray
from training.datasets.face_set import FaceSet
from training.datasets.ferplus import majority_labels, vote_shares
from training.datasets.splits import by_role

UNDECIDED = "undecided"
"""Column of faces without a majority for an expression."""

_STEPS = 1000
"""Enough for the regression to converge."""


def agreement(splits: Mapping[str, FaceSet]) -> dict[str, Any] | None:
    """Compare a data set's labels with the majority of its FER+ votes.

    Args:
        splits: Split name → faces.

    Returns:
        ``rows`` (the data set's labels), ``columns`` (FER+ labels and :data:`UNDECIDED`), ``splits``: for each the
        ``table`` of faces with both, the number ``decided``, and the ``share`` of them that agree; and ``foretold``,
        the result of :func:`predicted_from_votes`. None without votes.
    """
    voted = {name: faces for name, faces in splits.items() if faces.votes is not None}
    if not voted:
        return None
    rows = next(iter(voted.values())).label_set.labels
    return {
        "rows": list(rows),
        "columns": [*FERPLUS_LABELS, UNDECIDED],
        "splits": {name: _agreement(faces) for name, faces in voted.items()},
        "foretold": predicted_from_votes(voted),
    }


def predicted_from_votes(splits: Mapping[str, FaceSet]) -> dict[str, float]:
    """Return each split's accuracy of a logistic regression from votes to the data set's labels.

    It is fitted on the training split, and estimates how well ten people's votes could predict the labels.

    Args:
        splits: Split name → faces with votes.
    """
    known = {name: _both(faces.votes, faces.labels) for name, faces in splits.items() if faces.votes is not None}
    learned = by_role(known).get("train")
    if learned is None or len(np.unique(learned[1])) < 2:
        return {}
    rule = LogisticRegression(max_iter=_STEPS).fit(*learned)
    others = {name: both for name, both in known.items() if both is not learned and len(both[1])}
    return {name: round(float(rule.score(*both)), 4) for name, both in others.items()}


def _both(votes: NDArray[np.int8], labels: NDArray[np.int8]) -> tuple[FloatArray, NDArray[np.int8]]:
    """Return the shares of votes and the labels of the faces that have both."""
    shares, usable = vote_shares(votes)
    both = usable & (labels != NO_LABEL)
    return shares[both], labels[both]


def _agreement(faces: FaceSet) -> dict[str, Any]:
    labels, columns = faces.label_set.labels, len(FERPLUS_LABELS) + 1
    votes = np.zeros((len(faces), columns + 1), np.int8) if faces.votes is None else faces.votes
    both = (faces.labels != NO_LABEL) & votes.any(axis=1)
    majority = majority_labels(votes)[both].astype(np.int64) % columns  # −1 becomes the last column
    own = faces.labels[both].astype(np.int64)
    table = np.bincount(own * columns + majority, minlength=len(labels) * columns).reshape(len(labels), columns)
    decided = int(table[:, :-1].sum())
    agreeing = sum(int(table[row, FERPLUS_LABELS.index(label)]) for row, label in enumerate(labels))
    return {"table": table.tolist(), "decided": decided, "share": round(agreeing / decided, 4) if decided else None}
