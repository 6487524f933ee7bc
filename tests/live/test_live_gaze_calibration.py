"""Gaze calibration while the camera runs, with synthetic results."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from emotion.errors import LiveError
from emotion.live.gaze_calibration import DOT_S, GazeCalibrator
from tests.live.test_face_signals import FPS, result

TARGETS = np.array([(yaw, pitch) for pitch in (-3.0, -10.0, -17.0) for yaw in (-15.0, 0.0, 15.0)])
SECONDS = DOT_S * len(TARGETS)


def look(calibrator: GazeCalibrator, measure, seconds: float = SECONDS + 0.1, lag_s: float = 0.3, start: int = 300):
    """Let a person look at each dot ``lag_s`` late; return the calibrator's result for the last frame."""
    for index in range(round(seconds * FPS)):
        dot = min(max(int((index / FPS - lag_s) // DOT_S), 0), len(TARGETS) - 1)
        yaw, pitch = measure(TARGETS[dot])
        seen = calibrator.add(result(start + index, gaze=(float(yaw), float(pitch))))
    return seen


def test_a_distorted_gaze_is_calibrated_from_then_on():
    calibrator = GazeCalibrator()
    calibrator.start(TARGETS)
    assert calibrator.now().running
    last = look(calibrator, lambda true: true * 0.5 + np.array([4.0, 3.0]))
    now = calibrator.now()
    assert (now.running, now.track_id, now.kind, now.dots) == (False, 1, "affine", 9)
    assert now.error_deg < 0.01
    assert now.error_before_deg > 5
    assert (last.faces[0].gaze_yaw, last.faces[0].gaze_pitch) == pytest.approx(tuple(TARGETS[-1]), abs=1e-6)
    kept = calibrator.settings["gaze_calibration"]
    assert kept["track_id"] == 1
    assert np.array(kept["matrix"]) == pytest.approx(np.array([[2, 0, -8], [0, 2, -6]]), abs=1e-3)


def test_other_people_and_shut_eyes_are_not_calibrated():
    calibrator = GazeCalibrator()
    calibrator.start(TARGETS)
    look(calibrator, lambda true: true * 0.5)
    other = calibrator.add(result(1, gaze=(10.0, 0.0), track=2)).faces[0]
    assert other.gaze_yaw == 10.0
    assert np.isnan(calibrator.add(result(2, gaze=(float("nan"), float("nan")))).faces[0].gaze_yaw)


def test_gaze_is_unchanged_during_calibration_and_after_clearing():
    calibrator = GazeCalibrator()
    calibrator.start(TARGETS)
    during = look(calibrator, lambda true: true * 0.5, seconds=10)
    assert during.faces[0].gaze_yaw == 0.5 * TARGETS[4][0]
    calibrator.clear()
    assert calibrator.now() is None
    assert calibrator.settings == {}
    frame = result(0, gaze=(3.0, 3.0))
    assert calibrator.add(frame) is frame


def test_failed_calibrations_have_a_reason():
    calibrator = GazeCalibrator()
    calibrator.start(TARGETS)
    look(calibrator, lambda _: (float("nan"), float("nan")))
    assert "got one at 0 of 9" in calibrator.now().problem
    calibrator.start(TARGETS)
    for index in range(round(SECONDS * FPS) + 2):
        calibrator.add(replace(result(index), faces=()))
    assert calibrator.now().problem == "The gaze was not calibrated: no face was seen."


@pytest.mark.parametrize("targets", [np.zeros((4, 2)), np.zeros((9, 3)), np.full((9, 2), np.nan)])
def test_invalid_dots_are_refused(targets):
    with pytest.raises(LiveError, match="expected 5 or more dots"):
        GazeCalibrator().start(targets)
