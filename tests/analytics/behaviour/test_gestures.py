"""Nods, shakes and tilts of known band, amplitude and number in generated head angles."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.eyes.heads import AXIS, FPS, JITTER_DEG, held, measure_heads, timeline, wave
from emotion.analytics.behaviour.gestures import (
    FASTEST_HZ,
    MIN_SWING_DEG,
    SLOWEST_HZ,
    fastest_visible_hz,
    find_gestures,
)
from emotion.errors import TimelineError


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


def test_a_gesture_lies_within_its_video() -> None:
    """A video that begins and ends in the middle of a swing."""
    time_s = np.arange(round(2 * FPS)) / FPS
    (found,) = find_gestures(timeline(2, pitch=8 * np.sin(2 * np.pi * 1.5 * time_s))).to_dict("records")
    assert 0 <= found["start_s"] < 0.2
    assert 1.8 < found["end_s"] <= time_s[-1]


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
def test_movements_outside_the_rules_are_no_gestures(rows: pd.DataFrame) -> None:
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
    assert find_gestures(cut).empty, "movements out of view are unknown"
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


@pytest.mark.parametrize("fps", [30.0, 15.0, 10.0])
def test_precision_and_recall_on_generated_heads(fps: float) -> None:
    found = measure_heads(fps)
    assert found["precision"] >= 0.9
    assert found["recall"] >= 0.9


def test_uneven_swings_are_no_gesture() -> None:
    """A head that turns in steps, each with a little swing back: 20° there and 6° back."""
    time_s = np.arange(round(8 * FPS)) / FPS
    steps = np.interp(time_s, 2 + np.arange(6) / 3, [0, 20, 14, 34, 28, 48])
    assert find_gestures(timeline(8, yaw=steps)).empty
    even = np.interp(time_s, 2 + np.arange(6) / 3, [0, 20, 0, 20, 0, 20])
    assert find_gestures(timeline(8, yaw=even))["gesture"].tolist() == ["shake"]


def test_gestures_of_one_kind_do_not_overlap() -> None:
    """Wide nods from 2 to 4 s, then small ones to 6 s; the swings beside the change are faster than the others."""
    time_s = np.arange(round(9 * FPS)) / FPS
    pitch = np.interp(time_s, [2, 2.6, 3.2, 3.8, 4.0, 4.2, 4.8, 5.4, 6.0], [8, -8, 8, -8, 8, 3, 8, 3, 8])
    found = find_gestures(timeline(9, pitch=pitch))
    assert found["gesture"].tolist() == ["nod"] * 2
    assert found[["start_s", "end_s"]].to_numpy().ravel().tolist() == pytest.approx([2, 4, 4, 6], abs=0.1)
    assert found["start_s"][1] >= found["end_s"][0]


def test_a_rest_before_a_nod_is_not_part_of_it() -> None:
    """The head sinks slowly from 1 s to the nod at 4 s: its highest point is 3 s before."""
    time_s = np.arange(round(8 * FPS)) / FPS
    turns_s = 4 + np.arange(5) / 3
    pitch = np.interp(time_s, [1, *turns_s], [5.3, 5, -5, 5, -5, 5])
    (nod,) = find_gestures(timeline(8, pitch=pitch)).to_dict("records")
    assert nod["start_s"] == pytest.approx(4, abs=0.1)
    assert nod["end_s"] == pytest.approx(turns_s[-1], abs=0.1)
