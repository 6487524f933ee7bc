"""Box arithmetic on ``(n, 4)`` float arrays of left, top, right, bottom, px."""

from __future__ import annotations

import numpy as np

from emotion.types import FloatArray


def areas(boxes: FloatArray) -> FloatArray:
    """Return the ``(n,)`` areas in px²."""
    return np.prod(np.clip(boxes[:, 2:] - boxes[:, :2], 0, None), axis=1)


def overlaps(a: FloatArray, b: FloatArray) -> FloatArray:
    """Return the ``(n, m)`` intersection areas of each of ``a`` with each of ``b``, in px²."""
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    return np.prod(np.clip(high - low, 0, None), axis=2)


def covered(a: FloatArray, b: FloatArray) -> FloatArray:
    """Return the ``(n, m)`` intersection over the smaller area, 0–1: 1 where one box contains the other."""
    smaller = np.minimum(areas(a)[:, None], areas(b)[None])
    return np.asarray(overlaps(a, b) / np.maximum(smaller, 1e-9), np.float32)


def bounding_box(points: FloatArray) -> FloatArray:
    """Return the ``(4,)`` box around ``(n, 2)`` points."""
    columns = np.ascontiguousarray(points.T)  # NumPy's minimum is ten times as fast along contiguous rows
    return np.concatenate([columns.min(axis=1), columns.max(axis=1)]).astype(np.float32, copy=False)
