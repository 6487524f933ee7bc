"""Figures of eyes, head and movements that the sampling or the settings of an analysis do not allow."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from emotion.analytics.apply import with_duration
from emotion.analytics.behaviour.blinks import MIN_RATE, is_countable
from emotion.analytics.behaviour.gestures import FASTEST_HZ, MIN_FRAMES_PER_S, fastest_visible_hz, finely_sampled
from emotion.analytics.behaviour.rate import frames_per_second, local_rates
from emotion.analytics.behaviour.signals import has_eyes, has_movements
from emotion.analytics.durations import counted_durations
from emotion.types import Analysis

NO_EYES = "Eyes were not measured, so there are no blinks and no gaze."
NO_MOVEMENTS = "Movements of brows, lids, lips and jaw were not measured."

_WORTH_A_NOTE_S = 0.5
"""Less time without counts than this is not worth a note, s."""


def sampling_notes(analysis: Analysis) -> list[str]:
    """Return a sentence for each kind of figure that is missing or limited, with the reason.

    Args:
        analysis: With or without edits applied.
    """
    timeline, frames = analysis.timeline, with_duration(analysis).frames
    if timeline.empty:
        return []
    time_s, seconds = frames["time_s"].to_numpy(np.float64), counted_durations(frames)
    rates = local_rates(time_s)
    notes = []
    if not has_eyes(timeline):
        notes.append(NO_EYES)
    else:
        fast = is_countable(pd.Series(rates)).to_numpy(np.bool_)
        notes += _counted_in("Blinks, winks and closed eyes", MIN_RATE, fast, seconds, time_s)
    fine = finely_sampled(time_s, rates)
    notes += _counted_in("Nods, shakes and tilts", MIN_FRAMES_PER_S, fine, seconds, time_s)
    if fine.any() and (fastest := fastest_visible_hz(time_s[fine])) < FASTEST_HZ:
        rate = round(frames_per_second(time_s[fine]), 1)
        notes.append(
            f"At {rate:g} analysed frames per second, nods and shakes of more than {fastest:.1f} Hz are missed."
        )
    if not has_movements(timeline):
        notes.append(NO_MOVEMENTS)
    return notes


def _counted_in(
    what: str, needed: float, counted: NDArray[np.bool_], seconds: NDArray[np.float64], time_s: NDArray[np.float64]
) -> list[str]:
    """Return a sentence if something was not counted, or only part of the time; otherwise nothing."""
    if not counted.any():
        rates = local_rates(time_s)
        # Below two frames per second, no frame has a local rate.
        near = rates[np.isfinite(rates)]
        rate = float(near.max()) if len(near) else frames_per_second(time_s)
        here = f"here, there are {round(rate, 1):g}" if np.isfinite(rate) else "here, there is one frame"
        return [f"{what} were not counted: that needs at least {needed:g} analysed frames per second; {here}."]
    all_s, counted_s = float(seconds.sum()), float(seconds[counted].sum())
    if all_s - counted_s < _WORTH_A_NOTE_S:
        return []
    return [
        f"{what} were counted in {counted_s:.1f} of {all_s:.1f} s: elsewhere, fewer than {needed:g} frames per second "
        "were analysed."
    ]
