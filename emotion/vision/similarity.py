"""How alike two pictures of a face are."""

from __future__ import annotations

import cv2
import numpy as np

from emotion.types import Image

_C1, _C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2


def ssim(a: Image, b: Image) -> float:
    """Return the mean structural similarity of two grey pictures of one size, −1–1.

    Gaussian window of 11 px with σ 1.5, K1 = 0.01, K2 = 0.03, as in Wang et
    al. 2004; the five pixels along the border are left out, as there.
    """
    x, y = a.astype(np.float32), b.astype(np.float32)
    mean_x, mean_y, mean_xx, mean_yy, mean_xy = (_blur(values) for values in (x, y, x * x, y * y, x * y))
    variance_x, variance_y = mean_xx - mean_x**2, mean_yy - mean_y**2
    covariance = mean_xy - mean_x * mean_y
    numerator = (2 * mean_x * mean_y + _C1) * (2 * covariance + _C2)
    denominator = (mean_x**2 + mean_y**2 + _C1) * (variance_x + variance_y + _C2)
    return float((numerator / denominator).mean())


def _blur(values: np.ndarray) -> np.ndarray:
    return cv2.GaussianBlur(values, (11, 11), 1.5)[5:-5, 5:-5]
