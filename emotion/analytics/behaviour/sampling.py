"""Figures of eyes, head and movements that the sampling or the settings of an analysis do not allow."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from emotion.analytics.behaviour.blinks import COUNTABLE_RATE, MIN_RATE
from emotion.analytics.behaviour.gestures import FASTEST_HZ, MIN_FRAMES_PER_S, fastest_visible_hz
from emotion.analytics.behaviour.rate import frames_per_second
from emotion.analytics.behaviour.signals import has_eyes, has_movements
from emotion.types import Analysis

NO_EYES = "Eyes were not measured, so there are no blinks and no gaze."
NO_MOVEMENTS = "Movements of brows, lids, lips and jaw were not measured."


def sampling_notes(analysis: Analysis) -> list[str]:
    """Return a sentence for each kind of figure that is missing or limited, with the reason.

    Args:
        analysis: With or without edits applied.
    """
    timeline, time_s = analysis.timeline, analysis.frames["time_s"].to_numpy(np.float64)
    if timeline.empty:
        return []
    notes, rate = [], round(frames_per_second(time_s), 1)
    if not has_eyes(timeline):
        notes.append(NO_EYES)
    elif not rate >= COUNTABLE_RATE:
        notes.append(
            f"Blinks, winks and closed eyes were not counted: that needs at least {MIN_RATE:g} analysed frames per "
            f"second; {_rate_text(rate)}."
        )
    notes += _of_gestures(time_s, rate)
    if not has_movements(timeline):
        notes.append(NO_MOVEMENTS)
    return notes


def _of_gestures(time_s: NDArray[np.float64], rate: float) -> list[str]:
    if not rate >= MIN_FRAMES_PER_S:
        return [
            f"Nods, shakes and tilts were not counted: that needs at least {MIN_FRAMES_PER_S:g} analysed frames per "
            f"second; {_rate_text(rate)}."
        ]
    fastest = fastest_visible_hz(time_s)
    if fastest >= FASTEST_HZ:
        return []
    return [f"At {rate:g} analysed frames per second, nods and shakes of more than {fastest:.1f} Hz are missed."]


def _rate_text(rate: float) -> str:
    return f"here, there are {rate:g}" if np.isfinite(rate) else "here, there is one frame"
