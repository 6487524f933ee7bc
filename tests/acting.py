"""A synthetic analysis of people who blink, nod and open the mouth at known times."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd

from emotion.analytics.behaviour.span_figures import behaviour_of, person_figures
from emotion.analytics.timeline import EYES, MEASURES, SHAPE
from emotion.types import Analysis
from tests.conftest import make_analysis

RATE = 30
FRAMES = 10 * RATE
BLINKS_AT = (60, 150, 240)


@cache
def acting(people: int = 1, rate: int = RATE) -> Analysis:
    """Return ten seconds of people who blink three times, nod from 5 to 7 s and open the mouth from 8 s on.

    The second person looks 30° to the side.
    """
    shown = ["neutral"] * (8 * RATE) + ["surprise"] * (2 * RATE)
    analysis = make_analysis([[label] * people for label in shown], step_s=1 / RATE)
    timeline = analysis.timeline.copy()
    frame, time_s = timeline["frame_index"], timeline["time_s"]
    down = frame.isin([first + k for first in BLINKS_AT for k in range(4)])
    timeline[EYES] = np.tile(np.float32([0.25, 0.25, 0, 0]), (len(timeline), 1))
    timeline.loc[down, EYES[:2]] = np.float32(0.02)
    timeline.loc[timeline["track_id"] == 2, "gaze_yaw"] = np.float32(30)
    timeline[["yaw", "pitch", "roll"]] = np.float32(0)
    nod = (time_s >= 5) & (time_s < 7)
    timeline.loc[nod, "pitch"] = (8 * np.sin(2 * np.pi * 1.5 * (time_s[nod] - 5))).astype("float32")
    timeline[MEASURES] = np.float32(0.01)
    late = time_s >= 8
    timeline.loc[late, "lip_gap"] = np.float32(0.11)
    timeline.loc[late, "lip_corner_height_left"] = np.float32(0.05)
    whole = replace(analysis, timeline=timeline)
    if rate == RATE:
        return whole
    kept = timeline["frame_index"] % (RATE // rate) == 0
    frames = analysis.frames[analysis.frames["frame_index"] % (RATE // rate) == 0]
    return replace(whole, timeline=timeline[kept].reset_index(drop=True), frames=frames.reset_index(drop=True))


def figures_of(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the figures of each person from a table with some columns of a timeline; missing ones are unknown."""
    missing = dict.fromkeys((name for name in SHAPE if name not in rows), np.nan)
    frames = rows[["frame_index", "time_s"]].drop_duplicates()
    whole = replace(make_analysis([]), timeline=rows.assign(emotion="neutral", **missing), frames=frames)
    return person_figures(behaviour_of(whole))
