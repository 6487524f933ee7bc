"""Nods, shakes and tilts of known band, amplitude and number in generated head angles."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emotion.analytics.behaviour.gestures import (
    FASTEST_HZ,
    MIN_SWING_DEG,
    MIN_TILT_DEG,
    SLOWEST_HZ,
    fastest_visible_hz,
    find_gestures,
)
from emotion.errors import TimelineError

FPS = 30.0
AXIS = {"nod": "pitch", "shake": "yaw", "tilt": "roll"}
JITTER_DEG = 0.6
"""More than that of the mesh's angles of a head at rest, see docs/movements.md."""


def timeline(seconds: float, fps: float = FPS, track: int = 1, **angles: np.ndarray | float) -> pd.DataFrame:
    """Return a table with the columns that gestures need; an angle that is not given is 0."""
    time_s = np.arange(round(seconds * fps)) / fps
    every = {"yaw": 0.0, "pitch": 0.0, "roll": 0.0} | angles
    return pd.DataFrame({"time_s": time_s, "track_id": track, **every}, index=range(len(time_s)))


def wave(time_s: np.ndarray, start_s: float, hz: float, cycles: float, swing: float) -> np.ndarray:
    """Return cycles of a cosine that begins and ends at rest, and goes ``swing`` degrees from turn to turn."""
    inside = (time_s >= start_s) & (time_s <= start_s + cycles / hz)
    return np.where(inside, (np.cos(2 * np.pi * hz * (time_s - start_s)) - 1) * swing / 2, 0.0)


def held(time_s: np.ndarray, start_s: float, length_s: float, angle: float) -> np.ndarray:
    """Return an angle that is reached in 0.3 s, held, and left again."""
    return np.interp(
        time_s, [start_s, start_s + 0.3, start_s + length_s - 0.3, start_s + length_s], [0, angle, angle, 0]
    )


def of(kind: str, swing: float = 10.0, hz: float = 1.5, cycles: float = 3, fps: float = FPS) -> pd.DataFrame:
    """Return 8 s with one nod or shake that begins at 2 s."""
    time_s = np.arange(round(8 * fps)) / fps
    return timeline(8, fps, **{AXIS[kind]: wave(time_s, 2, hz, cycles, swing)})


@pytest.mark.parametrize("fps", [12.0, 25.0, 60.0])
@pytest.mark.parametrize("kind", ["nod", "shake"])
def test_a_gesture_is_measured(kind: str, fps: float) -> None:
    (found,) = find_gestures(of(kind, swing=10, hz=1.5, cycles=3, fps=fps)).to_dict("records")
    assert found["gesture"] == kind
    assert found["cycles"] == 3
    assert found["amplitude_deg"] == pytest.approx(10, rel=0.1)
    assert found["frequency_hz"] == pytest.approx(1.5, rel=0.1)
    assert found["start_s"] == pytest.approx(2, abs=0.1)
    assert found["end_s"] == pytest.approx(4, abs=0.1)


@pytest.mark.parametrize(("angle", "side"), [(15.0, "left"), (-12.0, "right")])
def test_a_tilt_has_a_side(angle: float, side: str) -> None:
    time_s = np.arange(round(20 * FPS)) / FPS
    (found,) = find_gestures(timeline(20, roll=5 + held(time_s, 6, 2, angle))).to_dict("records")
    assert (found["gesture"], found["direction"]) == ("tilt", side)
    assert found["amplitude_deg"] == pytest.approx(abs(angle), rel=0.02)
    assert 6 <= found["start_s"] < found["end_s"] <= 8


@pytest.mark.parametrize(
    "rows",
    [
        of("nod", swing=0.8 * MIN_SWING_DEG),
        of("nod", hz=0.6 * SLOWEST_HZ),
        of("nod", hz=1.4 * FASTEST_HZ),
        of("shake", cycles=1),
        of("shake", hz=1.5, fps=6),
    ],
    ids=["too small", "too slow", "too fast", "one glance", "too coarse"],
)
def test_what_lies_outside_the_rules_is_no_gesture(rows: pd.DataFrame) -> None:
    assert find_gestures(rows).empty


def test_turns_sways_and_postures_are_no_gestures() -> None:
    time_s = np.arange(round(40 * FPS)) / FPS
    rows = timeline(
        40,
        yaw=np.interp(time_s, [5, 6, 15, 16], [0, 35, 35, -20]),
        pitch=4 * np.sin(2 * np.pi * 0.35 * time_s),
        roll=np.interp(time_s, [10, 11], [0, 20]),
    )
    assert find_gestures(rows).empty


def test_the_axis_that_moves_most_decides() -> None:
    time_s = np.arange(round(8 * FPS)) / FPS
    swing = wave(time_s, 2, 2, 3, 12)
    rows = timeline(8, pitch=swing, yaw=0.5 * swing + 4 * time_s, roll=0.3 * swing)
    assert find_gestures(rows)["gesture"].tolist() == ["nod"]


def test_persons_and_gaps_are_kept_apart() -> None:
    nod, shake = of("nod"), of("shake").assign(track_id=2)
    both = pd.concat([nod, shake]).sort_values(["time_s", "track_id"], ignore_index=True)
    found = find_gestures(both)
    assert dict(zip(found["track_id"], found["gesture"], strict=True)) == {1: "nod", 2: "shake"}
    cut = nod[(nod["time_s"] < 2.6) | (nod["time_s"] > 3.4)]
    assert find_gestures(cut).empty, "what happened while nobody was seen is not known"
    blind = nod.assign(pitch=nod["pitch"].where((nod["time_s"] < 2.6) | (nod["time_s"] > 3.4)))
    assert find_gestures(blind).empty


def test_an_empty_table_has_the_columns() -> None:
    assert find_gestures(timeline(0)).columns.tolist() == find_gestures(of("nod")).columns.tolist()


def test_a_missing_column_is_named() -> None:
    with pytest.raises(TimelineError, match="none called pitch"):
        find_gestures(of("nod").drop(columns="pitch"))


@pytest.mark.parametrize(("fps", "hz"), [(30.0, 4.0), (12.0, 3.0), (8.0, 2.0), (7.0, 0.0)])
def test_the_sampling_limits_what_is_visible(fps: float, hz: float) -> None:
    assert fastest_visible_hz(np.arange(50) / fps) == pytest.approx(hz)


@given(st.integers(0, 2**32 - 1))
def test_jitter_alone_is_no_gesture(seed: int) -> None:
    noise = np.random.default_rng(seed).normal(0, JITTER_DEG, (3, round(20 * FPS)))
    assert find_gestures(timeline(20, yaw=noise[0], pitch=noise[1], roll=noise[2])).empty


def generated(seed: int, fps: float) -> tuple[pd.DataFrame, list[tuple[str, float, float]]]:
    """Return four minutes of a head, and its gestures with start and end: among jitter, sway, glances and turns."""
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
    what: str, start_s: float, time_s: np.ndarray, angles: dict[str, np.ndarray], rng: np.random.Generator
) -> Iterator[tuple[str, float, float]]:
    """Move the angles in place, and yield what it was if it is a gesture."""
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
    """Return precision and recall; found and true gestures match if they are of one kind and overlap."""
    found = find_gestures(rows)

    def overlap(one: Any, kind: str, start_s: float, end_s: float) -> bool:
        return bool(one.gesture == kind and one.start_s < end_s and start_s < one.end_s)

    right = sum(any(overlap(one, *true) for true in truth) for one in found.itertuples())
    seen = sum(any(overlap(one, *true) for one in found.itertuples()) for true in truth)
    return right / max(len(found), 1), seen / len(truth)


@pytest.mark.parametrize("fps", [30.0, 15.0, 10.0])
def test_precision_and_recall_on_generated_heads(fps: float, record_property: Callable[[str, object], None]) -> None:
    measured = np.array([scores(*generated(seed, fps)) for seed in range(8)])
    precision, recall = measured.mean(axis=0)
    record_property("precision, recall", f"{fps:g} looks/s: {precision:.3f} {recall:.3f}")
    print(f"{fps:g} looks a second: precision {precision:.3f}, recall {recall:.3f}")
    assert precision >= 0.9
    assert recall >= 0.9
