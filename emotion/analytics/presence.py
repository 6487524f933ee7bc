"""Whether a head faces the camera and a mouth is open, from head pose and mouth openness.

The limits are conventions, shown with the results. A head that faces the camera may look anywhere;
``emotion.analytics.behaviour`` says where the eyes look and when they blink.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from emotion.analytics.durations import row_durations, weights_of

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


def presence_of(timeline: pd.DataFrame, frames: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return one row per ``track_id``: ``facing_share`` and ``mouth_open_share`` of the person's time in view, 0–1.

    Args:
        timeline: A timeline, or the rows of some people.
        frames: Its table of frames, whose durations weigh the rows; None to weigh all rows alike.
    """
    tracks = timeline["track_id"]
    seconds = pd.Series(1.0, index=timeline.index) if frames is None else row_durations(timeline, frames)
    states = pd.DataFrame(
        {
            "facing_share": faces_camera(timeline["yaw"].to_numpy(), timeline["pitch"].to_numpy()),
            "mouth_open_share": mouth_is_open(timeline["mouth_openness"].to_numpy()),
        },
        index=timeline.index,
    )
    return weighted_shares(states, seconds, tracks)


def weighted_shares(states: pd.DataFrame, seconds: pd.Series, groups: pd.Series) -> pd.DataFrame:
    """Return each group's share of the time in which each state holds, 0–1.

    Args:
        states: True or false in each row.
        seconds: Duration of each row, s; rows of a group weigh the same if all are zero.
        groups: The group of each row.
    """
    weights = weights_of(seconds, groups)
    return states.mul(weights, axis=0).groupby(groups).sum().div(weights.groupby(groups).sum(), axis=0)
