"""Live values of eyes, gaze, blinks and movements from synthetic results."""

from __future__ import annotations

import numpy as np
import pytest

from emotion.labels import FERPLUS_LABELS
from emotion.live.face_signals import FaceSignals, notes_of
from emotion.types import Face, FrameResult
from emotion.vision.movement_codebook import MEASURE_COLUMNS

FPS = 30
NAN = float("nan")


def result(
    index: int,
    *,
    openness=(0.25, 0.25),
    gaze=(0.0, 0.0),
    lip_gap: float | None = 0.0,
    label="neutral",
    fps=FPS,
    track=1,
) -> FrameResult:
    probabilities = np.full(len(FERPLUS_LABELS), 0.01, np.float32)
    probabilities[FERPLUS_LABELS.index(label)] = 1 - 0.01 * (len(FERPLUS_LABELS) - 1)
    measures = None
    if lip_gap is not None:
        measures = np.array([lip_gap if name == "lip_gap" else 0.0 for name in MEASURE_COLUMNS], np.float32)
    face = Face(
        np.array([10, 10, 60, 60], np.float32), 1.0, eye_openness_left=openness[0], eye_openness_right=openness[1],
        gaze_yaw=gaze[0], gaze_pitch=gaze[1], measures=measures, track_id=track, probabilities=probabilities,
    )  # fmt: skip
    return FrameResult(index, index / fps, 320, 240, (face,), FERPLUS_LABELS)


def seen(count: int, blinks=(), **fields) -> FaceSignals:
    signals = FaceSignals(FERPLUS_LABELS)
    for index in range(count):
        shut = any(first <= index < first + 4 for first in blinks)
        signals.add(result(index, openness=(0.03, 0.03) if shut else (0.25, 0.25), **fields))
    return signals


@pytest.mark.slow
def test_blinks_are_counted_once_each_over_minutes():
    blinks = range(60, 150 * FPS, 90)
    signals = seen(150 * FPS + 2 * FPS, blinks)
    assert signals.now(1).blinks == len(blinks)


def test_a_slow_stream_cannot_count_blinks():
    assert seen(60, [20], fps=10).now(1).blinks is None
    assert seen(120, [20]).now(1).blinks == 1


def test_a_stream_that_becomes_slow_says_that_blinks_are_no_longer_counted():
    signals = seen(120, [20])
    assert signals.now(1).counts_blinks
    for index in range(41, 81):
        signals.add(result(index, fps=10))
    assert (signals.now(1).blinks, signals.now(1).counts_blinks) == (1, False)


def test_openness_is_a_share_of_the_persons_own_open_eye():
    signals = seen(90)
    signals.add(result(90, openness=(0.125, NAN), gaze=(NAN, NAN)))
    now = signals.now(1)
    assert now.open_left == pytest.approx(0.5)
    assert np.isnan(now.open_right)
    assert now.towards_camera is None


def test_gaze_has_an_angle_and_whether_it_is_towards_the_camera():
    signals = seen(30, gaze=(8.0, 6.0))
    assert signals.now(1).gaze_deg == pytest.approx(10.0, abs=0.05)
    assert signals.now(1).towards_camera
    signals.add(result(30, gaze=(30.0, 0.0)))
    assert signals.now(1).towards_camera is False


def test_movements_are_relative_to_neutral_frames_then_to_the_baseline():
    signals = seen(60, lip_gap=0.1)
    signals.add(result(60, lip_gap=0.4, label="surprise"))
    assert signals.now(1).rest == "neutral"
    assert signals.now(1).movements["jaw_drop"] == pytest.approx(0.3)
    for index in range(61, 91):
        signals.add(result(index, lip_gap=0.2, label="surprise"))
    signals.take_rest(90 / FPS - 0.5)
    signals.add(result(91, lip_gap=0.4, label="surprise"))
    assert signals.now(1).rest == "baseline"
    assert signals.now(1).movements["jaw_drop"] == pytest.approx(0.2)
    signals.clear_rest()
    assert signals.now(1).movements["jaw_drop"] == pytest.approx(0.3)


def test_a_baseline_is_not_taken_from_people_who_left_before_it():
    signals = seen(90, lip_gap=0.1)
    for index in range(90 + 5 * FPS, 90 + 6 * FPS):
        signals.add(result(index, lip_gap=0.3, track=2))
    signals.take_rest(90 / FPS + 5)
    assert (signals.now(1).rest, signals.now(2).rest) == ("neutral", "baseline")


def test_without_neutral_frames_no_movement_is_reported():
    now = seen(60, lip_gap=0.4, label="surprise").now(1)
    assert (now.rest, now.movements) == ("unknown", {})


def test_disabled_measures_are_not_reported():
    assert FaceSignals(FERPLUS_LABELS).now(1) is None
    signals = FaceSignals(FERPLUS_LABELS)
    signals.add(result(0, openness=(NAN, NAN), gaze=(NAN, NAN), lip_gap=None))
    assert signals.now(1) is None
    assert signals.notes(1) == ()


def test_people_out_of_view_for_long_are_forgotten():
    signals = seen(30)
    signals.add(result(40 * FPS, track=2))
    assert signals.now(1) is None
    assert signals.now(2) is not None


def test_notes_are_few_words_without_numbers():
    signals = seen(60)
    signals.add(result(60, openness=(0.02, 0.02), lip_gap=0.3, gaze=(40, 0), label="surprise"))
    assert notes_of(signals.now(1)) == ("eyes shut", "looks away", "jaw drop")
    signals.add(result(61, openness=(0.25, 0.02)))
    assert notes_of(signals.now(1)) == ("right eye shut", "to camera")
