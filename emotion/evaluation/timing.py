"""Measures how long a classifier takes for one face."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence

import numpy as np

from emotion.types import Classifier, Image

CROP_PX = 224
"""At least as large as any classifier's input, so that resizing is timed too."""


def ms_per_face(
    answer: Callable[[Image], object],
    images: Iterable[Image],
    average: Callable[[Sequence[float]], np.floating] = np.median,
) -> float:
    """Return the average time per face in ms.

    Args:
        answer: The function to time.
        images: Faces, one per call.
        average: ``np.median``, or ``np.mean`` if some faces take longer, which a median would hide.
    """
    durations = []
    for image in images:
        started = time.perf_counter()
        answer(image)
        durations.append(time.perf_counter() - started)
    return round(float(average(durations)) * 1000, 3)


def median_ms(classifier: Classifier, faces: int = 50, warm_up: int = 3) -> float:
    """Return the median time of one face in ms, from crop to probabilities.

    Args:
        classifier: The classifier to time.
        faces: Number of timed calls.
        warm_up: Number of calls before, in which buffers are allocated.
    """
    crop = np.random.default_rng(0).integers(0, 256, (CROP_PX, CROP_PX), dtype=np.uint8)
    for _ in range(warm_up):
        classifier.predict([crop])
    return ms_per_face(lambda face: classifier.predict([face]), [crop] * faces)
