"""The rate at which a person, or a video, was analysed."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike


def frames_per_second(time_s: ArrayLike) -> float:
    """Return the analysed frames per second, by the median time between two; NaN for fewer than two frames.

    Args:
        time_s: ``(n,)`` rising times, s.
    """
    steps = np.diff(np.asarray(time_s, np.float64))
    return float(1 / max(np.median(steps), 1e-9)) if len(steps) else float("nan")
