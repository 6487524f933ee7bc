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
"""Thresholds on Pearson's correlation: a cheap one on 12x12 sketches proposes pairs, one on all
pixels decides. By eye, nearly every pair just above the second is the same photograph cropped
or scaled anew; the odd stranger costs a training face, a missed copy would flatter the score."""

_CELLS = 2**24
"""Correlations held in memory at a time."""
_PAIRS = 4096
"""Proposed pairs compared pixel by pixel at a time."""

Mask = NDArray[np.bool_]
Pictures = NDArray[np.uint8]
Rows = NDArray[np.intp]
_NONE = -1


@dataclass(frozen=True, slots=True, eq=False)
class Duplicates:
    """Which pictures of a set occur in another, or earlier in the same.

    Attributes:
        exact: ``(n,)`` mask of the pictures that are equal to another or to its mirror image.
        near: ``(n,)`` mask of the further pictures that are nearly so.
        of: ``(n,)`` row of a picture that it is a copy of, −1 for those that are copies of none.
    """

    exact: Mask
    near: Mask
    of: Rows


def leaked_rows(train: Pictures, test: Pictures) -> Mask:
    """Find training pictures that also occur among the test pictures.

    Mirrored copies count, because training mirrors its pictures.

    Args:
        train: ``(n, s, s)`` grey or ``(n, s, s, 3)`` RGB, uint8.
        test: ``(m, s, s)`` grey or ``(m, s, s, 3)`` RGB, uint8.

    Returns:
        ``(n,)`` mask of the training pictures to leave out.
    """
    return find_duplicates(train, test).of != _NONE


def find_duplicates(
    images: Pictures, others: Pictures | None = None, tick: Callable[[int], None] | None = None
) -> Duplicates:
    """Find the pictures that occur among others too, or earlier among themselves.

    Args:
        images: ``(n, s, s)`` grey or ``(n, s, s, 3)`` RGB, uint8.
        others: The same of another set, or None to look among ``images``.
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
    """Return pictures as ``(n, s, s)`` grey of at most FER2013's size, which is enough to find duplicates."""
    size = min(images.shape[1], FACE_SIZE)
    if images.ndim == 3 and images.shape[1] == size:
        return images
    return np.asarray([fit_square(image, size, colour=False) for image in images], np.uint8).reshape(-1, size, size)


def _first_of(rows: Rows, others: Rows) -> Rows:
    """Return rows, and where there is none the other."""
    return np.where(rows == _NONE, others, rows)


def _exact(images: Pictures, others: Pictures, *, earlier: bool) -> Rows:
    first: dict[bytes, int] = {}
    for row, image in enumerate(others):
        first.setdefault(image.tobytes(), row)
    found = np.asarray([first.get(image.tobytes(), _NONE) for image in images], np.intp)
    return np.where(found < np.arange(len(images)), found, _NONE) if earlier else found


def _near(images: Pictures, others: Pictures, *, earlier: bool) -> Iterator[tuple[slice, Rows]]:
    """Yield block after block of the pictures, with the row of a near copy of each, or −1."""
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
    """Return for each picture one of those proposed for it that correlates with it in all pixels, or −1."""
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
    """Return centred pictures of length 1, so that a dot product is a correlation; flat pictures become 0."""
    rows = images.reshape(len(images), images.shape[1] * images.shape[2]).astype(np.float32)
    rows -= rows.mean(axis=1, keepdims=True)
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.where(length > 1e-3, length, np.inf), np.float32)
