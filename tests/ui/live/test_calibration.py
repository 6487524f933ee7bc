from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from emotion.live import GazeCalibrationNow, LiveSettings
from ui.live.calibration import _disabled_reason, calibration_notice, targets_of


def test_dots_are_placed_around_the_camera_above_the_screens_middle():
    # Right end of the screen at the camera's height, and straight below the camera by half a screen's width.
    angles = targets_of([[0.5, 0.0], [0.0, 0.5]], width_cm=40.0, distance_cm=20.0)
    assert angles == pytest.approx(np.array([[-45.0, 0.0], [0.0, -45.0]]), abs=1e-9)


def test_the_remaining_error_is_printed():
    done = GazeCalibrationNow(False, 2, 4.13, 8.9, 9, "affine")
    assert calibration_notice(done) == "Gaze of person 2 calibrated: mean error 4.1° on dots left out (8.9° before)."
    assert "did not improve" in calibration_notice(replace(done, kind="none"))
    assert calibration_notice(GazeCalibrationNow(False, problem="No face was seen.")) == "No face was seen."
    assert calibration_notice(GazeCalibrationNow(True)) == "Look at each dot until it moves."


def test_it_says_why_it_cannot_start():
    def session(records=False, **settings):
        return SimpleNamespace(settings=LiveSettings(**settings), snapshot=lambda: SimpleNamespace(records=records))

    assert _disabled_reason(None) == "Start the camera first."
    assert _disabled_reason(session(eyes=False)) == "Switch on Eyes and gaze below."
    assert _disabled_reason(session(records=True)) == "Stop the recording first."
    assert _disabled_reason(session()) == ""
