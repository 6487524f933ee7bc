"""Pictures that training and test splits share, exactly or nearly, also mirrored."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

SKETCH_SIZE = 12
SKETCH_CORRELATION = 0.95
FULL_CORRELATION = 0.90
"""Thresholds on Pearson's correlation: a cheap one on 12x12 sketches proposes pairs, one on all
pixels decides. By eye, nearly every pair just above the second is the same photograph cropped
or scaled anew; the odd stranger costs a training face, a missed copy would flatter the score."""

_BLOCK = 2048


def leaked_rows(train: NDArray[np.uint8], test: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Find training pictures that also occur among the test pictures.

    Mirrored copies count, because training mirrors its pictures.

    Args:
        train: ``(n, s, s)`` uint8 grey.
        test: ``(m, s, s)`` uint8 grey.

    Returns:
        ``(n,)`` mask of the training pictures to leave out.
    """
    leaked = np.zeros(len(train), bool)
    for copies in (test, test[:, :, ::-1]):
        leaked |= _exact(train, copies) | _near(train, copies)
    return leaked


def _exact(train: NDArray[np.uint8], test: NDArray[np.uint8]) -> NDArray[np.bool_]:
    known = {image.tobytes() for image in test}
    return np.fromiter((image.tobytes() in known for image in train), bool, len(train))


def _near(train: NDArray[np.uint8], test: NDArray[np.uint8]) -> NDArray[np.bool_]:
    near = np.zeros(len(train), bool)
    sketches = _unit_rows(_shrink(test))
    for start in range(0, len(train), _BLOCK):
        block = slice(start, start + _BLOCK)
        rows, columns = np.nonzero(_unit_rows(_shrink(train[block])) @ sketches.T > SKETCH_CORRELATION)
        pairs = _unit_rows(train[block][rows]) * _unit_rows(test[columns])
        near[start + rows[pairs.sum(axis=1) > FULL_CORRELATION]] = True
    return near


def _shrink(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    size = (SKETCH_SIZE, SKETCH_SIZE)
    sketches = [cv2.resize(image, size, interpolation=cv2.INTER_AREA) for image in images]
    return np.asarray(sketches, np.uint8).reshape(-1, *size)


def _unit_rows(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return centred pictures of length 1, so that a dot product is a correlation; flat pictures become 0."""
    rows = images.reshape(len(images), images.shape[1] * images.shape[2]).astype(np.float32)
    rows -= rows.mean(axis=1, keepdims=True)
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.where(length > 1e-3, length, np.inf), np.float32)
