"""Finds duplicate pictures, exact, near and mirrored, within a set or across sets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from training.datasets.face_set import FACE_SIZE
from training.datasets.pictures import fit_square

SKETCH_SIZE = 12
SKETCH_CORRELATION = 0.95
FULL_CORRELATION = 0.90
"""Thresholds of Pearson's correlation: on 12×12 sketches to find candidate pairs, and on all pixels to decide.
Visually, almost all pairs just above the second are one photograph, cropped or scaled differently. A false match costs
one training face, while a missed copy would inflate scores."""

_CELLS = 2**24
"""Number of correlations in memory at a time."""
_PAIRS = 4096
"""Number of candidate pairs compared at a time."""

Mask = NDArray[np.bool_]
Pictures = NDArray[np.uint8]
Rows = NDArray[np.intp]
_NONE = -1


@dataclass(frozen=True, slots=True, eq=False)
class Duplicates:
    """Pictures of a set with a copy in another set, or earlier in the same set.

    Attributes:
        exact: ``(n,)`` mask of pictures with an exact copy, possibly mirrored.
        near: ``(n,)`` mask of other pictures with a near copy.
        of: ``(n,)`` row of a copy, −1 if there is none.
    """

    exact: Mask
    near: Mask
    of: Rows


def leaked_rows(train: Pictures, test: Pictures) -> Mask:
    """Return the ``(n,)`` mask of training pictures with a copy among other pictures.

    Mirrored copies count, because training mirrors pictures.

    Args:
        train: ``(n, s, s)`` grey or ``(n, s, s, 3)`` RGB, uint8.
        test: ``(m, s, s)`` grey or ``(m, s, s, 3)`` RGB, uint8.
    """
    return find_duplicates(train, test).of != _NONE


def find_duplicates(
    images: Pictures, others: Pictures | None = None, tick: Callable[[int], None] | None = None
) -> Duplicates:
    """Find pictures with a copy among others, or with an earlier copy among themselves.

    Args:
        images: ``(n, s, s)`` grey or ``(n, s, s, 3)`` RGB, uint8.
        others: Pictures of another set; None to search ``images``.
        tick: Called after each block with the number of rows compared; each row is compared twice.
    """
    exact, near = np.full((2, len(images)), _NONE, np.intp)
    grey = comparable(images)
    known = grey if others is None else comparable(others)
    for compared in (known, known[:, :, ::-1]):
        exact = _first_of(exact, _exact(grey, compared, earlier=others is None))
        for block, found in _near(grey, compared, earlier=others is None):
            near[block] = _first_of(near[block], found)
            if tick is not None:
                tick(block.stop - block.start)
    is_exact = exact != _NONE
    return Duplicates(is_exact, (near != _NONE) & ~is_exact, _first_of(exact, near))


def comparable(images: Pictures) -> Pictures:
    """Return pictures as ``(n, s, s)`` grey of at most FER2013's size, for comparison."""
    size = min(images.shape[1], FACE_SIZE)
    if images.ndim == 3 and images.shape[1] == size:
        return images
    return np.asarray([fit_square(image, size, colour=False) for image in images], np.uint8).reshape(-1, size, size)


def _first_of(rows: Rows, others: Rows) -> Rows:
    """Return ``rows``, or ``others`` where there is none."""
    return np.where(rows == _NONE, others, rows)


def _exact(images: Pictures, others: Pictures, *, earlier: bool) -> Rows:
    first: dict[bytes, int] = {}
    for row, image in enumerate(others):
        first.setdefault(image.tobytes(), row)
    found = np.asarray([first.get(image.tobytes(), _NONE) for image in images], np.intp)
    return np.where(found < np.arange(len(images)), found, _NONE) if earlier else found


def _near(images: Pictures, others: Pictures, *, earlier: bool) -> Iterator[tuple[slice, Rows]]:
    """Yield blocks of pictures with the row of a near copy of each, or −1."""
    sketches = _unit_rows(_shrink(others))
    size = max(_CELLS // max(len(others), 1), 1)
    for start in range(0, len(images), size):
        block = slice(start, min(start + size, len(images)))
        rows, columns = np.nonzero(_unit_rows(_shrink(images[block])) @ sketches.T > SKETCH_CORRELATION)
        if earlier:
            before = columns < rows + start
            rows, columns = rows[before], columns[before]
        yield block, _confirmed(images[block], others, rows, columns)


def _confirmed(images: Pictures, others: Pictures, rows: Rows, columns: Rows) -> Rows:
    """Return for each picture a candidate that correlates with it in all pixels, or −1."""
    found = np.full(len(images), _NONE, np.intp)
    for start in range(0, len(rows), _PAIRS):
        ours, theirs = rows[start : start + _PAIRS], columns[start : start + _PAIRS]
        correlation = np.einsum("ij,ij->i", _unit_rows(images[ours]), _unit_rows(others[theirs]))
        copies = correlation > FULL_CORRELATION
        found[ours[copies]] = theirs[copies]
    return found


def _shrink(images: Pictures) -> Pictures:
    size = (SKETCH_SIZE, SKETCH_SIZE)
    sketches = [cv2.resize(image, size, interpolation=cv2.INTER_AREA) for image in images]
    return np.asarray(sketches, np.uint8).reshape(-1, *size)


def _unit_rows(images: Pictures) -> NDArray[np.float32]:
    """Return centred rows of length 1, whose dot products are correlations; flat pictures become 0."""
    rows = images.reshape(len(images), images.shape[1] * images.shape[2]).astype(np.float32)
    rows -= rows.mean(axis=1, keepdims=True)
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.where(length > 1e-3, length, np.inf), np.float32)
