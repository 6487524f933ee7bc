"""Chooses one additive bias per class after training, so that rare expressions are missed less often.

Networks underpredict classes with few training faces. This is logit adjustment (Menon et al., ICLR 2021) with constants
that are optimised on validation faces instead of computed from class frequencies. They are added to the last dense
layer before quantisation (:func:`fold_biases`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emotion.labels import NO_LABEL
from emotion.types import FloatArray

FEW = 20
"""A class with fewer validation faces over all sets keeps its bias within ±:data:`LARGEST_OF_FEW`."""

LARGEST_OF_FEW = 0.7
LARGEST = 2.0
"""Bound of every other class's bias, in logits."""

COMMON = 2.0
"""A class with more than this many times its even share of the faces is common. Common classes are not predicted too
rarely, so their bias stays 0; only neutral's may be negative."""

STEP = 0.1
FOLDS = 5
REPEATS = 3
"""Number of times that the faces are dealt into folds; a single deal would leave the choice to chance."""

FACTORS = (0.0, 0.25, 0.5, 0.75, 1.0)
"""Scales of the biases that cross-validation tries, because biases fitted to few faces tend to be too large."""

SHRINKAGE = 0.002
"""Penalty of a bias of 1, in units of the score; times (1 + FEW / n) for a class of n faces."""

_SWEEPS = 20
"""Upper limit; the search has always converged before."""

_Set = tuple[NDArray[np.float64], NDArray[np.int64]]
"""Logits ``(n, k)`` and truth ``(n,)`` of the labelled faces of one set."""
_Grids = dict[int, NDArray[np.floating]]
"""Position of a class → its candidate biases."""


def class_biases(
    logits_by_set: Sequence[FloatArray], truths: Sequence[NDArray[np.int8]], neutral: int | None = None
) -> FloatArray:
    """Return the class biases that maximise the score on several validation sets.

    The score is the mean over sets of (accuracy + balanced accuracy) / 2, minus a penalty that grows with a bias and
    with the rarity of its class. Answers range over all ``k`` labels, as in the app. The biases of common
    classes (:data:`COMMON`) and of the most frequent one stay 0, and so do those of classes without faces. The
    exception is ``neutral``: most missed expressions are predicted as neutral, so its bias may be negative.

    Args:
        logits_by_set: Per set ``(n, k)`` raw scores.
        truths: Per set ``(n,)`` positions of the right labels among the ``k``, −1 where there is none.
        neutral: Position of the label for no expression, if there is one.

    Returns:
        ``(k,)`` float32, in logits; times the factor of :data:`FACTORS` with the best score in cross-validation.

    Raises:
        ValueError: There is no set, or logits and truths do not match.
    """
    sets = _labelled(logits_by_set, truths)
    none = np.zeros(logits_by_set[0].shape[1], np.float32)
    if not sets:
        return none
    counts = _class_counts(sets, len(none))
    grids = _grids(counts, neutral)
    scores = np.mean([_held_out_scores(sets, grids, counts, seed) for seed in range(REPEATS)], axis=0)
    factor = FACTORS[int(scores.argmax())]
    return (factor * _search(sets, grids, counts)).astype(np.float32) if factor else none


def fold_biases(model: Any, biases: FloatArray) -> None:
    """Add biases to the last dense layer of a Keras model, in place."""
    kernel, bias = model.layers[-1].get_weights()
    model.layers[-1].set_weights([kernel, bias + biases])


def _labelled(logits_by_set: Sequence[FloatArray], truths: Sequence[NDArray[np.int8]]) -> list[_Set]:
    """Return the labelled faces of those sets that have some."""
    sizes = [(len(logits), len(truth)) for logits, truth in zip(logits_by_set, truths, strict=True)]
    if not sizes or any(given != known for given, known in sizes):
        raise ValueError(f"expected at least one set, and a truth for each row of logits; got {sizes}")
    known = [truth != NO_LABEL for truth in truths]
    pairs = zip(logits_by_set, truths, known, strict=True)
    return [(logits[rows].astype(float), truth[rows].astype(int)) for logits, truth, rows in pairs if rows.any()]


def _class_counts(sets: Sequence[_Set], classes: int) -> NDArray[np.int64]:
    return np.sum([np.bincount(truth, minlength=classes) for _, truth in sets], axis=0)


def _held_out_scores(sets: Sequence[_Set], grids: _Grids, counts: NDArray[np.int64], seed: int) -> NDArray[np.float64]:
    """Return the score with each factor, for biases that were chosen on the other folds of all sets."""
    folds = [_folds(truth, seed) for _, truth in sets]
    paired = [*zip(sets, folds, strict=True)]

    def without(fold: int) -> list[_Set]:
        return [(logits[of != fold], truth[of != fold]) for (logits, truth), of in paired]

    found = np.stack([_search(without(fold), grids, counts) for fold in range(FOLDS)])
    answers = ([(logits + factor * found[of]).argmax(axis=1) for (logits, _), of in paired] for factor in FACTORS)
    return np.array([_mean_score(each, sets) for each in answers])


def _folds(truth: NDArray[np.int64], seed: int) -> NDArray[np.int64]:
    """Return a fold for each face, stratified by class."""
    order = np.random.default_rng(seed).permutation(len(truth))
    folds = np.empty(len(truth), np.int64)
    by_class = order[np.argsort(truth[order], kind="stable")]
    folds[by_class] = np.arange(len(truth)) % FOLDS
    return folds


def _search(sets: Sequence[_Set], grids: _Grids, counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the best biases on these faces by coordinate search."""
    biases, best = np.zeros(len(counts)), -np.inf
    for _ in range(_SWEEPS):
        begun = best
        for place, grid in grids.items():
            trials = np.tile(biases, (len(grid), 1))
            trials[:, place] = grid
            scores = [_penalised(trial, sets, counts) for trial in trials]
            if max(scores) > best:
                best, biases = max(scores), trials[int(np.argmax(scores))]
        if best <= begun:
            break
    return biases


def _grids(counts: NDArray[np.int64], neutral: int | None) -> _Grids:
    """Return the biases to try for each class that may have one, smallest first: of equally good ones, it is taken."""
    grids = {}
    for place in np.flatnonzero(counts).tolist():
        is_common = place == counts.argmax() or counts[place] > COMMON * counts.mean()
        if is_common and place != neutral:
            continue
        steps = round((LARGEST_OF_FEW if counts[place] < FEW else LARGEST) / STEP)
        values = np.arange(-steps, 1 if is_common else steps + 1) * STEP
        grids[place] = values[np.argsort(np.abs(values), kind="stable")]
    return grids


def _penalised(biases: NDArray[np.float64], sets: Sequence[_Set], counts: NDArray[np.int64]) -> float:
    answers = [(logits + biases).argmax(axis=1) for logits, _ in sets]
    cost = SHRINKAGE * np.sum(biases**2 * (1 + FEW / np.maximum(counts, 1)))
    return _mean_score(answers, sets) - float(cost)


def _mean_score(answers: Sequence[NDArray[np.int64]], sets: Sequence[_Set]) -> float:
    return float(np.mean([_score(given, truth) for given, (_, truth) in zip(answers, sets, strict=True)]))


def _score(answers: NDArray[np.int64], truth: NDArray[np.int64]) -> float:
    """Return the mean of accuracy and balanced accuracy, 0–1."""
    right, counts = answers == truth, np.bincount(truth)
    recalls = np.bincount(truth, weights=right)[counts > 0] / counts[counts > 0]
    return float((right.mean() + recalls.mean()) / 2)
