"""Converts FER+ votes to target distributions for training and majority labels for evaluation.

The rules are the authors' (E. Barsoum, C. Zhang, C. Canton Ferrer and Z. Zhang, "Training Deep Networks for Facial
Expression Recognition with Crowd-Sourced Label Distribution", ICMI 2016, and its scripts).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from emotion.labels import FERPLUS_LABELS, NO_LABEL

CLASSES = len(FERPLUS_LABELS)
"""Number of vote columns for expressions, before *unknown* and *not a face*."""


def without_single_votes(votes: NDArray[np.int8]) -> NDArray[np.int64]:
    """Return the votes with labels that only one tagger chose set to zero, as noise.

    Args:
        votes: ``(n, 10)`` counts, 0–10.
    """
    counts = votes.astype(np.int64)
    return np.where(counts > 1, counts, 0)


def vote_shares(votes: NDArray[np.int8]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Convert votes to target distributions over the eight expressions.

    Args:
        votes: ``(n, 10)`` counts.

    Returns:
        ``(n, 8)`` float32 shares that sum to 1 in usable rows and are 0 elsewhere, and the ``(n,)`` mask of usable
        rows: those in which, without single votes, expressions have at least as many votes as *unknown* and *not a
        face*.
    """
    counts = without_single_votes(votes)
    expressions = counts[:, :CLASSES]
    total = expressions.sum(axis=1)
    usable = (total > 0) & (total >= counts[:, CLASSES:].sum(axis=1))
    shares = expressions / np.maximum(total, 1)[:, None] * usable[:, None]
    return shares.astype(np.float32), usable


def majority_labels(votes: NDArray[np.int8]) -> NDArray[np.int8]:
    """Return the label with more than half of a face's votes, without single votes.

    Args:
        votes: ``(n, 10)`` counts.

    Returns:
        ``(n,)`` int8 codes 0–7 in the order of ``FERPLUS_LABELS``; −1 without a majority or if it is for *unknown* or
        *not a face*.
    """
    counts = without_single_votes(votes)
    top = counts.argmax(axis=1)
    decided = (2 * counts.max(axis=1) > counts.sum(axis=1)) & (top < CLASSES)
    return np.where(decided, top, NO_LABEL).astype(np.int8)
