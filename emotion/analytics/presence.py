"""Whether a face looks at the camera, blinks, has its mouth open: read off pose and openness, row by row.

The limits are conventions, told wherever their answers are shown.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

FACING_YAW_DEG = 25.0
"""A head turned further to either side does not face the camera."""
FACING_PITCH_DEG = 20.0
"""A head turned further up or down does not face the camera."""
MOUTH_OPEN = 0.15
"""Height of the opening between the inner lips over its width."""
EYES_SHUT = 0.15
"""Eye aspect ratio of a single picture under which eyes are shut (Soukupová and Čech 2016 find 0.2 between both)."""
SHUT_SHARE = 0.6
"""In a video eyes are shut below this share of the person's own median, as open eyes differ from person to person."""
LONGEST_BLINK_S = 0.5
"""Eyes that are shut for longer do not blink: they are closed."""
LEAST_FPS = 10.0
"""Blinks last a few tenths of a second; where fewer frames were analysed, most fall between two of them."""


def faces_camera(yaw_deg: NDArray[np.floating], pitch_deg: NDArray[np.floating]) -> NDArray[np.bool_]:
    """Return where a head faces the camera; where its pose is not known, it does not.

    Args:
        yaw_deg: ``(n,)`` to the picture's right.
        pitch_deg: ``(n,)`` up.
    """
    return np.asarray((np.abs(yaw_deg) <= FACING_YAW_DEG) & (np.abs(pitch_deg) <= FACING_PITCH_DEG))


def mouth_is_open(openness: NDArray[np.floating]) -> NDArray[np.bool_]:
    """Return where a mouth is open, ``(n,)``."""
    return np.asarray(openness > MOUTH_OPEN)


def eyes_are_shut(openness: NDArray[np.floating]) -> NDArray[np.bool_]:
    """Return where one person's eyes are shut, ``(n,)``, measured by how open they usually are.

    Args:
        openness: ``(n,)`` eye aspect ratios of one person, NaN where not known.
    """
    known = openness[np.isfinite(openness)]
    usual = float(np.median(known)) if len(known) else float("nan")
    return np.asarray(openness < SHUT_SHARE * usual)


@dataclass(frozen=True, slots=True)
class Blink:
    """Eyes that shut and opened again, in seconds from the beginning of the video."""

    start_s: float
    end_s: float


def blinks(times_s: NDArray[np.floating], openness: NDArray[np.floating]) -> list[Blink]:
    """Return one person's blinks: eyes shut for at most half a second, and open before and after.

    Args:
        times_s: ``(n,)`` ascending.
        openness: ``(n,)`` eye aspect ratios, NaN where not known.

    Returns:
        The blinks in order; none where fewer than ten frames per second were analysed.
    """
    if len(times_s) < 3 or np.median(np.diff(times_s)) > 1 / LEAST_FPS:
        return []
    shut = eyes_are_shut(openness)
    edges = np.flatnonzero(np.diff(shut.astype(np.int8)))
    starts, ends = edges[~shut[edges]] + 1, edges[shut[edges]] + 1
    ends = ends[ends > starts[0]] if len(starts) else ends[:0]
    spans = [Blink(float(times_s[start]), float(times_s[end])) for start, end in zip(starts, ends, strict=False)]
    return [span for span in spans if span.end_s - span.start_s <= LONGEST_BLINK_S]


def presence_of(timeline: pd.DataFrame) -> pd.DataFrame:
    """Return how each person was there.

    Args:
        timeline: See ``docs/timeline-schema.md``.

    Returns:
        One row per ``track_id``: ``facing_share`` and ``mouth_open_share`` of the person's rows, 0–1,
        ``blinks`` (NaN where too few frames were analysed to see them) and ``blinks_per_minute``.
    """
    rows = [_presence(track, person.sort_values("time_s")) for track, person in timeline.groupby("track_id")]
    columns = ["track_id", "facing_share", "mouth_open_share", "blinks", "blinks_per_minute"]
    return pd.DataFrame(rows, columns=columns).set_index("track_id")


def _presence(track: object, person: pd.DataFrame) -> dict[str, object]:
    times = person["time_s"].to_numpy()
    openness = person["eye_openness"].to_numpy()
    seen_s = float(times[-1] - times[0]) if len(times) > 1 else 0.0
    is_fine = len(times) > 2 and np.median(np.diff(times)) <= 1 / LEAST_FPS
    count = float(len(blinks(times, openness))) if is_fine else float("nan")
    return {
        "track_id": track,
        "facing_share": float(faces_camera(person["yaw"].to_numpy(), person["pitch"].to_numpy()).mean()),
        "mouth_open_share": float(mouth_is_open(person["mouth_openness"].to_numpy()).mean()),
        "blinks": count,
        "blinks_per_minute": count / seen_s * 60 if seen_s > 0 else float("nan"),
    }
