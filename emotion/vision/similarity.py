"""Measures how similar two pictures of a face are."""

from __future__ import annotations

import cv2
import numpy as np

from emotion.types import Image

_C1, _C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2


class SimilarityTo:
    """Compares grey pictures with a reference of the same size, whose statistics are computed once.

    Parameters of Wang et al. 2004: Gaussian window of 11 px with σ 1.5, K1 = 0.01, K2 = 0.03, and a border of five
    pixels left out.

    Args:
        reference: ``(H, W)``, 0–255, larger than 10 px.
    """

    def __init__(self, reference: Image) -> None:
        self._y = reference.astype(np.float32)
        self._mean = _blur(self._y)
        self._mean_squared = self._mean**2
        self._variance = _blur(self._y * self._y) - self._mean_squared

    def __call__(self, picture: Image) -> float:
        """Return the mean structural similarity, −1–1."""
        x = picture.astype(np.float32)
        mean, both = _blur(x), x * self._y
        product, squared = mean * self._mean, mean**2
        covariance, variance = _blur(both) - product, _blur(x * x) - squared
        numerator = (2 * product + _C1) * (2 * covariance + _C2)
        denominator = (squared + self._mean_squared + _C1) * (variance + self._variance + _C2)
        return float((numerator / denominator).mean())


def _blur(values: np.ndarray) -> np.ndarray:
    return cv2.GaussianBlur(values, (11, 11), 1.5)[5:-5, 5:-5]
