"""Synthetic analyses of two people, one of whom follows the other with a known lag."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from emotion.analytics.timeline import probability_columns, with_leading_emotion
from emotion.types import Analysis
from tests.conftest import make_analysis


def wave(samples: int, seed: int, width: int = 15) -> np.ndarray:
    """Return smooth noise from 0.05 to 0.95."""
    noise = np.random.default_rng(seed).normal(0, 1, samples + width - 1)
    smooth = np.convolve(noise, np.hanning(width), "valid")
    return 0.05 + 0.9 * (smooth - smooth.min()) / np.ptp(smooth)


def following(
    late_s: float,
    *,
    rate: int = 10,
    seconds: float = 60,
    copied: bool = True,
    seed: int = 1,
    first: np.ndarray | None = None,
    second: np.ndarray | None = None,
) -> Analysis:
    """Return an analysis of two people whose probability of happiness is a wave, delayed for the second one.

    Args:
        late_s: Delay of the second person, s.
        rate: Frames per second.
        seconds: Length.
        copied: Whether the second person follows the first; otherwise they have another wave.
        seed: Seed of the wave.
        first: Values of the first person instead, one per frame.
        second: Values of the second person instead.
    """
    count, late = round(seconds * rate), round(late_s * rate)
    room = abs(late)
    long = wave(count + 2 * room, seed, width=int(1.5 * rate) | 1)
    own = long if copied else wave(count + 2 * room, seed + 1000, width=int(1.5 * rate) | 1)
    first = long[room : room + count] if first is None else first
    second = own[room - late : room - late + count] if second is None else second
    analysis = make_analysis([["neutral", "neutral"]] * len(first), step_s=1 / rate)
    timeline = analysis.timeline.copy()
    happiness = np.stack([first, second], axis=1).ravel().astype(np.float32)
    timeline[probability_columns(analysis.labels)] = np.float32(0)
    timeline["p_happiness"], timeline["p_neutral"] = happiness, np.float32(1) - happiness
    return replace(analysis, timeline=with_leading_emotion(timeline))
