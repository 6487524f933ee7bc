"""Unbroken stretches in which a person is seen: no figure that follows time reaches across a gap."""

from __future__ import annotations

import numpy as np
import pandas as pd

from emotion.analytics.durations import breaks_after


def unbroken_runs(timeline: pd.DataFrame, frames: pd.DataFrame) -> pd.Series:
    """Return for each row the number of its unbroken stretch, from 1, in order of person and time.

    A stretch is one person in analysed frames that follow each other. It ends with a frame
    in which the person is not seen, and where an excluded span was cut out.

    Args:
        timeline: A timeline.
        frames: Its table of frames.

    Returns:
        Integers with the timeline's index.
    """
    cuts = np.append(0, breaks_after(frames).cumsum())[: len(frames)]
    place = pd.Series(np.arange(len(frames)) + cuts, index=frames["frame_index"].to_numpy())
    rows = timeline[["track_id"]].assign(place=timeline["frame_index"].map(place))
    rows = rows.sort_values(["track_id", "place"], kind="stable")
    starts = (rows["track_id"].diff() != 0) | (rows["place"].diff() != 1)
    return starts.cumsum().reindex(timeline.index)
