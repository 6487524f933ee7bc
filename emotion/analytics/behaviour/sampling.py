"""What the sampling and the settings of an analysis allow to be said of eyes, head and movements."""

from __future__ import annotations

import numpy as np
import pandas as pd

from emotion.analytics.behaviour.blinks import COUNTABLE_RATE, MIN_RATE
from emotion.analytics.behaviour.gestures import MIN_LOOKS_PER_S, fastest_visible_hz
from emotion.analytics.timeline import EYES, MEASURES
from emotion.types import Analysis

NO_EYES = "Eyes were not measured, so there are no blinks and no gaze."
NO_MOVEMENTS = "Movements of brows, lids, lips and jaw were not measured."


def looks_per_second(frames: pd.DataFrame) -> float:
    """Return the analysed frames per second, by the median time between two; NaN for fewer than two frames."""
    steps = np.diff(frames["time_s"].to_numpy(np.float64))
    return float(round(1 / max(float(np.median(steps)), 1e-9), 1)) if len(steps) else float("nan")


def sampling_notes(analysis: Analysis) -> list[str]:
    """Return what cannot be said, and why, one sentence each; empty if nothing limits the figures.

    Args:
        analysis: With or without edits applied.
    """
    timeline, rate = analysis.timeline, looks_per_second(analysis.frames)
    if timeline.empty:
        return []
    notes = []
    if timeline[EYES].isna().all(axis=None):
        notes.append(NO_EYES)
    elif not rate >= COUNTABLE_RATE:
        notes.append(
            f"Blinks, winks and closed eyes were not counted: that needs at least {MIN_RATE:g} analysed frames per "
            f"second; {_here(rate)}."
        )
    notes += _of_gestures(rate)
    if timeline[MEASURES].isna().all(axis=None):
        notes.append(NO_MOVEMENTS)
    return notes


def _of_gestures(rate: float) -> list[str]:
    if not rate >= MIN_LOOKS_PER_S:
        return [
            f"Nods, shakes and tilts were not counted: that needs at least {MIN_LOOKS_PER_S:g} analysed frames per "
            f"second; {_here(rate)}."
        ]
    fastest = fastest_visible_hz(np.arange(3) / rate)
    full = fastest_visible_hz(np.arange(3) / 1000)
    if fastest >= full:
        return []
    return [f"At {rate:g} analysed frames per second, nods and shakes of more than {fastest:.1f} Hz are missed."]


def _here(rate: float) -> str:
    return f"here, there are {rate:g}" if np.isfinite(rate) else "here, there is one frame"
