from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from emotion.analytics.behaviour.gaze import gaze_angle
from tests.acting import figures_of


def test_angles_to_the_camera():
    assert gaze_angle(np.array([0.0, 20, 0, -30]), np.array([0.0, 0, -15, 0])) == pytest.approx([0, 20, 15, 30])
    assert np.isnan(gaze_angle(np.array([np.nan]), np.array([0.0])))[0]


def test_share_of_known_rows_that_look_towards_the_camera():
    rows = pd.DataFrame({
        "frame_index": [0, 1, 2, 3, 0], "time_s": [0, 0.1, 0.2, 0.3, 0], "track_id": [1] * 4 + [2],
        "gaze_yaw": [0, 10, 40, np.nan, np.nan], "gaze_pitch": [0, 10, 0, np.nan, np.nan],
    })  # fmt: skip
    figures = figures_of(rows)
    assert figures.loc[1, "gaze_known_share"] == pytest.approx(0.75)
    assert figures.loc[1, "towards_camera_share"] == pytest.approx(2 / 3)
    assert np.isnan(figures.loc[2, "towards_camera_share"])


def test_looks_are_weighted_by_how_long_frames_last():
    """Towards the camera for 1 s in one frame, away for 0.5 s in two, and unknown for 0.25 s, the usual step."""
    rows = pd.DataFrame({
        "frame_index": [0, 1, 2, 3], "time_s": [0, 1, 1.25, 1.5], "track_id": 1,
        "gaze_yaw": [0, 40, 40, np.nan], "gaze_pitch": [0, 0, 0, np.nan],
    })  # fmt: skip
    figures = figures_of(rows)
    assert figures.loc[1, "gaze_known_share"] == pytest.approx(1.5 / 1.75)
    assert figures.loc[1, "towards_camera_share"] == pytest.approx(1 / 1.5)
