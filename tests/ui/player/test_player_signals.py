from __future__ import annotations

import json
import struct
from dataclasses import replace

import numpy as np
import pytest

from emotion.analytics.edits import Edits
from emotion.types import Analysis
from emotion.vision.movement_codebook import MEASURE_COLUMNS, MOVEMENTS
from tests.conftest import make_analysis
from ui.player.pack import TICK_S
from ui.player.signals import STEPS, UNKNOWN, offered_lanes, pack_signals

FPS = 30


def analysis(*, eyes: bool = True, movements: bool = True) -> Analysis:
    """Return an analysis of two people for six seconds; the second one blinks at 2 s."""
    made = make_analysis([["neutral", "neutral"]] * 180, step_s=1 / FPS)
    rows = made.timeline
    openness = np.where(rows["time_s"].between(1.99, 2.14) & (rows["track_id"] == 2), 0.05, 0.25).astype(np.float32)
    rows = rows.assign(eye_openness_left=openness, eye_openness_right=openness)
    rows[["gaze_yaw", "gaze_pitch", "yaw", "pitch", "roll"]] = np.float32(0)
    rows[list(MEASURE_COLUMNS)] = np.float32(0 if movements else np.nan)
    if not eyes:
        rows[["eye_openness_left", "eye_openness_right", "gaze_yaw", "gaze_pitch"]] = np.float32(np.nan)
    return replace(made, timeline=rows)


def unpacked(content: bytes) -> tuple[dict, dict]:
    start = 4 + struct.unpack_from("<I", content)[0]
    head = json.loads(content[4:start])
    arrays = {
        name: np.frombuffer(content, place["type"], place["length"], start + place["offset"])
        for name, place in head["arrays"].items()
    }
    return head, arrays


def test_rows_are_sorted_by_person_and_time():
    head, arrays = unpacked(pack_signals(analysis(), Edits()))
    assert head["people"] == [1, 2]
    assert arrays["first"].tolist() == [0, 180, 360]
    times = arrays["ticks"] * TICK_S
    assert times[:180] == pytest.approx(np.arange(180) / FPS, abs=1e-4)
    assert np.array_equal(times[:180], times[180:])


def test_values_are_steps_of_their_axis():
    head, arrays = unpacked(pack_signals(analysis(), Edits()))
    eyes = next(signal for signal in head["signals"] if signal["key"] == "eyes")
    back = eyes["low"] + arrays["open_left"].astype(float) / STEPS * (eyes["high"] - eyes["low"])
    assert back[0] == pytest.approx(1.0, abs=0.003)
    assert back[180 + 61] == pytest.approx(0.2, abs=0.003)
    assert [signal["key"] for signal in head["signals"]][:3] == ["eyes", "gaze", "head"]
    assert {line["column"] for signal in head["signals"] for line in signal["lines"]} <= set(arrays)


def test_unknown_values_are_distinguished_from_zero():
    made = analysis()
    rows = made.timeline.copy()
    rows.loc[rows["track_id"] == 1, ["gaze_yaw", "gaze_pitch"]] = np.float32(np.nan)
    _, arrays = unpacked(pack_signals(replace(made, timeline=rows), Edits()))
    assert set(arrays["gaze_angle"][:180]) == {UNKNOWN}
    assert set(arrays["gaze_angle"][180:]) == {0}


def test_a_blink_is_a_mark_of_its_person():
    head, _ = unpacked(pack_signals(analysis(), Edits()))
    eyes = next(signal for signal in head["signals"] if signal["key"] == "eyes")
    ((track, kind, start_s, end_s),) = eyes["marks"]
    assert (track, kind) == (2, "blink")
    assert (start_s, end_s) == pytest.approx((2.0, 2.1667), abs=0.01)


def test_lanes_are_offered_for_what_was_measured():
    everything = [lane["key"] for lane in offered_lanes(analysis())]
    assert everything == ["eyes", "gaze", "head", *(movement.name for movement in MOVEMENTS)]
    assert [lane["key"] for lane in offered_lanes(analysis(eyes=False, movements=False))] == ["head"]
    for made in (analysis(), analysis(eyes=False), analysis(movements=False)):
        packed = unpacked(pack_signals(made, Edits()))[0]
        assert [lane["key"] for lane in offered_lanes(made)] == [signal["key"] for signal in packed["signals"]]
