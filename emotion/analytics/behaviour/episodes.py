"""Blinks, winks, closed eyes, nods, shakes and tilts of a timeline, as one table."""

from __future__ import annotations

import pandas as pd

from emotion.analytics.behaviour.blinks import lid_events
from emotion.analytics.behaviour.gestures import NOD, SHAKE, TILT, find_gestures

TILT_LEFT, TILT_RIGHT = "tilt left", "tilt right"
HEAD = (NOD, SHAKE, TILT_LEFT, TILT_RIGHT)
"""Kinds of :func:`behaviour_episodes` that are gestures of the head; the others are those of
:func:`emotion.analytics.behaviour.blinks.lid_events`."""

TYPES = {
    **{"track_id": "int64", "kind": "object"},
    **dict.fromkeys(["start_s", "end_s", "seconds", "cycles", "amplitude_deg", "frequency_hz"], "float64"),
}
"""Columns of :func:`behaviour_episodes` and their types."""


def behaviour_episodes(timeline: pd.DataFrame, frames: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return all events of lids and head.

    Args:
        timeline: See ``docs/timeline-schema.md``.
        frames: Its table of frames, which tells where the sampling is fast enough; None if only those with a face are
            known.

    Returns:
        ``track_id``, ``kind``, ``start_s``, ``end_s``, ``seconds``, in order of time. Gestures of the head also have
        ``cycles``, ``amplitude_deg`` and ``frequency_hz`` (:class:`emotion.analytics.behaviour.gestures.Gesture`).
        Left and right are the person's own.
    """
    lids, head = lid_events(timeline, frames), find_gestures(timeline, frames)
    tilts = head["gesture"] == TILT
    kinds = head["gesture"].where(~tilts, head["gesture"] + " " + head["direction"])
    head = head.assign(kind=kinds, seconds=head["end_s"] - head["start_s"])
    found = pd.concat([part.reindex(columns=list(TYPES)).astype(TYPES) for part in (lids, head)])
    return found.sort_values(["start_s", "track_id", "kind"], ignore_index=True)
