"""Measures how well gestures are found in generated head angles with jitter, sway, glances and turns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from emotion.analytics.behaviour.gestures import MIN_TILT_DEG, find_gestures

FPS = 30.0
RATES = (30.0, 15.0, 10.0)
"""Analysed frames per second for which docs/movements.md has figures."""
HEADS = 8
"""Generated heads per rate, of four minutes each."""
AXIS = {"nod": "pitch", "shake": "yaw", "tilt": "roll"}
JITTER_DEG = 0.6
"""Above the jitter of the mesh's angles at rest, see docs/movements.md."""


def measure_heads(fps: float) -> dict[str, float]:
    """Return mean ``precision`` and ``recall`` over :data:`HEADS` generated heads."""
    precision, recall = np.array([scores(*generated(seed, fps)) for seed in range(HEADS)]).mean(axis=0).tolist()
    return {"precision": precision, "recall": recall}


def timeline(seconds: float, fps: float = FPS, track: int = 1, **angles: NDArray[np.float64] | float) -> pd.DataFrame:
    """Return a table with the columns that gestures need; an angle that is not given is 0."""
    time_s = np.arange(round(seconds * fps)) / fps
    every = {"yaw": 0.0, "pitch": 0.0, "roll": 0.0} | angles
    return pd.DataFrame({"time_s": time_s, "track_id": track, **every}, index=range(len(time_s)))


def wave(time_s: NDArray[np.float64], start_s: float, hz: float, cycles: float, swing: float) -> NDArray[np.float64]:
    """Return cycles of a cosine that begins and ends at rest, and goes ``swing`` degrees from turn to turn."""
    inside = (time_s >= start_s) & (time_s <= start_s + cycles / hz)
    return np.where(inside, (np.cos(2 * np.pi * hz * (time_s - start_s)) - 1) * swing / 2, 0.0)


def held(time_s: NDArray[np.float64], start_s: float, length_s: float, angle: float) -> NDArray[np.float64]:
    """Return an angle that is reached in 0.3 s, held, and left again."""
    return np.interp(
        time_s, [start_s, start_s + 0.3, start_s + length_s - 0.3, start_s + length_s], [0, angle, angle, 0]
    )


def generated(seed: int, fps: float) -> tuple[pd.DataFrame, list[tuple[str, float, float]]]:
    """Return four minutes of head angles with jitter, sway, glances and turns, and their gestures (kind and times)."""
    rng = np.random.default_rng(seed)
    time_s = np.arange(round(240 * fps)) / fps
    angles = {
        axis: rng.normal(0, JITTER_DEG, len(time_s)) + 3 * np.sin(2 * np.pi * rng.uniform(0.05, 0.35) * time_s)
        for axis in ("yaw", "pitch", "roll")
    }
    truth = []
    for start_s in np.arange(3, 234, 6.0):
        what = rng.choice(["nod", "shake", "tilt", "glance", "turn", "bob", "rest"])
        truth += list(_act(str(what), float(start_s), time_s, angles, rng))
    return timeline(240, fps, **angles), truth


def _act(
    what: str,
    start_s: float,
    time_s: NDArray[np.float64],
    angles: dict[str, NDArray[np.float64]],
    rng: np.random.Generator,
) -> Iterator[tuple[str, float, float]]:
    """Add a movement to the angles in place, and yield it if it is a gesture."""
    if what in ("nod", "shake"):
        hz, cycles = rng.uniform(1, 2.4), int(rng.integers(2, 5))
        moved = wave(time_s, start_s, hz, cycles, rng.uniform(6, 20))
        for axis in angles:
            angles[axis] += moved * (1 if axis == AXIS[what] else rng.uniform(-0.4, 0.4))
        yield what, start_s, start_s + cycles / hz
    elif what == "tilt":
        length_s = rng.uniform(1.2, 3)
        angles["roll"] += held(time_s, start_s, length_s, rng.choice([-1, 1]) * rng.uniform(MIN_TILT_DEG + 5, 25))
        yield what, start_s, start_s + length_s
    elif what == "glance":
        angles[str(rng.choice(["yaw", "pitch"]))] += wave(time_s, start_s, rng.uniform(0.4, 1), 1, rng.uniform(10, 40))
    elif what == "turn":
        angles["yaw"] += held(time_s, start_s, rng.uniform(2, 4), rng.uniform(-40, 40))
    elif what == "bob":  # one stressed syllable: down and back
        angles["pitch"] += wave(time_s, start_s, rng.uniform(1.5, 3), 1, rng.uniform(4, 10))


def scores(rows: pd.DataFrame, truth: list[tuple[str, float, float]]) -> tuple[float, float]:
    """Return precision and recall; found and true gestures match if they are of the same kind and overlap."""
    found = find_gestures(rows)

    def overlap(one: Any, kind: str, start_s: float, end_s: float) -> bool:
        return bool(one.gesture == kind and one.start_s < end_s and start_s < one.end_s)

    right = sum(any(overlap(one, *true) for true in truth) for one in found.itertuples())
    seen = sum(any(overlap(one, *true) for one in found.itertuples()) for true in truth)
    return right / max(len(found), 1), seen / len(truth)
