"""Whether people look towards the camera, from the gaze in each row."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

TOWARDS_DEG = 15.0
"""A gaze within this angle of the direction to the camera counts as towards it: 92 % of the people of GENKI-4K, most of
whom look into the camera, are within it (mean error 7°, median 5°; see ``docs/measures.md``)."""


def gaze_angle(yaw_deg: NDArray[np.floating], pitch_deg: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the angle between each gaze and the direction to the camera, degrees, ``(n,)``; NaN where not known."""
    cosine = np.cos(np.radians(yaw_deg, dtype=np.float64)) * np.cos(np.radians(pitch_deg, dtype=np.float64))
    return np.asarray(np.degrees(np.arccos(np.clip(cosine, -1, 1))))


def gaze_figures(timeline: pd.DataFrame) -> pd.DataFrame:
    """Return how much each person looked towards the camera.

    Args:
        timeline: See ``docs/timeline-schema.md``.

    Returns:
        One row per ``track_id``: ``gaze_known_share``, the share of rows in which the gaze is known, and
        ``towards_camera_share`` of those rows, 0–1, NaN where there is none.
    """
    rows = [(track, *_shares(person)) for track, person in timeline.groupby("track_id", observed=True)]
    return pd.DataFrame(rows, columns=["track_id", "gaze_known_share", "towards_camera_share"]).set_index("track_id")


def _shares(person: pd.DataFrame) -> tuple[float, float]:
    angles = gaze_angle(person["gaze_yaw"].to_numpy(), person["gaze_pitch"].to_numpy())
    known = angles[np.isfinite(angles)]
    return len(known) / len(angles), float((known <= TOWARDS_DEG).mean()) if len(known) else float("nan")
