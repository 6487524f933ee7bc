"""Measures how long a classifier takes for one face."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence

import numpy as np

from emotion.types import Classifier, Image

CROP_PX = 224
"""At least as large as any classifier's input, so that its own resizing is timed too."""


def ms_per_face(
    answer: Callable[[Image], object],
    images: Iterable[Image],
    average: Callable[[Sequence[float]], np.floating] = np.median,
) -> float:
    """Return the median time of one face in ms.

    Args:
        answer: What is timed.
        images: Faces, asked about one after another.
        average: Of their times; ``np.mean`` where some faces take longer, which a median would not show.
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
        classifier: What to time.
        faces: How many are timed, one after another.
        warm_up: How many are answered first, so that no buffer is made on the clock.
    """
    crop = np.random.default_rng(0).integers(0, 256, (CROP_PX, CROP_PX), dtype=np.uint8)
    for _ in range(warm_up):
        classifier.predict([crop])
    return ms_per_face(lambda face: classifier.predict([face]), [crop] * faces)
