"""Intersection over union, for comparing boxes in tests."""

from __future__ import annotations

import numpy as np

from emotion.types import FloatArray
from emotion.vision.boxes import areas, overlaps


def iou(a: FloatArray, b: FloatArray) -> FloatArray:
    """Return the ``(n, m)`` intersection over union, 0–1."""
    shared = overlaps(a, b)
    union = areas(a)[:, None] + areas(b)[None] - shared
    return np.asarray(shared / np.maximum(union, 1e-9), np.float32)
