"""Whether a head faces the camera and a mouth is open, from head pose and mouth openness.

The limits are conventions, shown with the results. A head that faces the camera may look anywhere;
``emotion.analytics.behaviour`` says where the eyes look and when they blink.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

FACING_YAW_DEG = 25.0
"""A head turned further to either side does not face the camera."""
FACING_PITCH_DEG = 20.0
"""A head turned further up or down does not face the camera."""
MOUTH_OPEN = 0.15
"""Openness above which a mouth is open: height of the opening between the inner lips over its width."""


def faces_camera(yaw_deg: NDArray[np.floating], pitch_deg: NDArray[np.floating]) -> NDArray[np.bool_]:
    """Return whether heads with these yaws and pitches, ``(n,)``, face the camera; False for NaN."""
    return np.asarray((np.abs(yaw_deg) <= FACING_YAW_DEG) & (np.abs(pitch_deg) <= FACING_PITCH_DEG))


def mouth_is_open(openness: NDArray[np.floating]) -> NDArray[np.bool_]:
    """Return whether mouths are open, ``(n,)``."""
    return np.asarray(openness > MOUTH_OPEN)


def presence_of(timeline: pd.DataFrame) -> pd.DataFrame:
    """Return one row per ``track_id``: ``facing_share`` and ``mouth_open_share`` of the person's rows, 0–1."""
    rows = [_presence(track, person) for track, person in timeline.groupby("track_id")]
    return pd.DataFrame(rows, columns=["track_id", "facing_share", "mouth_open_share"]).set_index("track_id")


def _presence(track: object, person: pd.DataFrame) -> dict[str, object]:
    return {
        "track_id": track,
        "facing_share": float(faces_camera(person["yaw"].to_numpy(), person["pitch"].to_numpy()).mean()),
        "mouth_open_share": float(mouth_is_open(person["mouth_openness"].to_numpy()).mean()),
    }
