"""How long a classifier takes for a face, here and now."""

from __future__ import annotations

import time

import numpy as np

from emotion.protocols import Classifier

CROP_PX = 224
"""At least as large as any classifier's input, so that its own resizing is timed too."""


def median_ms(classifier: Classifier, faces: int = 50, warm_up: int = 3) -> float:
    """Return the median time of one face in ms, from crop to probabilities.

    Args:
        classifier: What to time.
        faces: How many are timed, one after another.
        warm_up: How many are answered first, so that no buffer is made on the clock.
    """
    crop = np.random.default_rng(0).integers(0, 256, (CROP_PX, CROP_PX), dtype=np.uint8)
    durations = []
    for _ in range(warm_up + faces):
        started = time.perf_counter()
        classifier.predict([crop])
        durations.append(time.perf_counter() - started)
    return float(np.median(durations[warm_up:])) * 1000
