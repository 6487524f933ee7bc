"""Occlusion maps: how much an answer's probability drops when a part of the face is covered."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import cv2
import numpy as np

from emotion.types import FloatArray, Image

Predict = Callable[[list[Image]], FloatArray]
"""``n`` crops → ``(n, k)`` probabilities."""
_CELLS = 8
"""Patches per side; each covers two cells, so neighbours overlap."""
_SIDE_PX = 192


def occlusion_map(predict: Predict, crop: Image, answer: int) -> FloatArray:
    """Return the drop of an answer's probability when a patch around each cell is covered.

    Works without gradients, so also for quantised networks (Zeiler and Fergus 2014, section 4.2).

    Args:
        predict: The classifier.
        crop: ``(s, s)`` or ``(s, s, 3)`` uint8 face.
        answer: Column of the answer.

    Returns:
        ``(8, 8)`` float32, positive where the face supports the answer.
    """
    whole = predict([crop])[0, answer]
    edges = np.linspace(0, crop.shape[0], _CELLS + 1)
    half = crop.shape[0] / _CELLS / 2
    spans = [slice(max(0, round(low - half)), round(high + half)) for low, high in pairwise(edges)]
    grey = crop.mean(axis=(0, 1)).astype(np.uint8)
    covered = []
    for rows in spans:
        for columns in spans:
            patched = crop.copy()
            patched[rows, columns] = grey
            covered.append(patched)
    return np.asarray(whole - predict(covered)[:, answer], np.float32).reshape(_CELLS, _CELLS)


def overlay(crop: Image, saliency: FloatArray) -> Image:
    """Return the grey face with support for the answer in orange and evidence against it in blue.

    Args:
        crop: ``(s, s)`` or ``(s, s, 3)`` uint8 RGB.
        saliency: ``(8, 8)`` of :func:`occlusion_map`.

    Returns:
        ``(192, 192, 3)`` uint8 RGB.
    """
    grey = crop if crop.ndim == 2 else cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY)
    face = cv2.resize(grey, (_SIDE_PX, _SIDE_PX), interpolation=cv2.INTER_CUBIC).astype(np.float32)[..., None]
    fine = cv2.resize(saliency, (_SIDE_PX, _SIDE_PX), interpolation=cv2.INTER_CUBIC)[..., None]
    strength = np.clip(fine / max(float(np.abs(saliency).max()), 1e-6), -1, 1)
    tint = np.where(strength > 0, np.array([255, 140, 0], np.float32), np.array([40, 120, 255], np.float32))
    opacity = 0.65 * np.abs(strength)
    return np.clip(face * (1 - opacity) + tint * opacity, 0, 255).astype(np.uint8)
