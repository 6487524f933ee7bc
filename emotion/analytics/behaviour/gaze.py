"""Whether people look towards the camera, from the gaze in each row."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

TOWARDS_DEG = 15.0
"""A gaze within this angle of the direction to the camera counts as towards it: 92% of the people of GENKI-4K, most of
whom look into the camera, are within it (mean error 7°, median 5°; see ``docs/measures.md``)."""


def gaze_angle(yaw_deg: NDArray[np.floating], pitch_deg: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the angle between each gaze and the direction to the camera, degrees, ``(n,)``; NaN where not known."""
    cosine = np.cos(np.radians(yaw_deg, dtype=np.float64)) * np.cos(np.radians(pitch_deg, dtype=np.float64))
    return np.asarray(np.degrees(np.arccos(np.clip(cosine, -1, 1))))
