from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from emotion.analytics.behaviour.descriptions import describe_eyes, describe_gaze, strongest_movements
from emotion.analytics.behaviour.movements import movements_of, relative_movements, resting_measures
from emotion.types import Face
from emotion.vision.movement_codebook import MEASURE_COLUMNS, MOVEMENT_COLUMNS


def face(**fields) -> Face:
    return Face(np.array([0, 0, 9, 9], np.float32), 1.0, **fields)


def measures(**values: float) -> np.ndarray:
    return np.array([values.get(name, 0.0) for name in MEASURE_COLUMNS], np.float32)


@pytest.mark.parametrize(("left", "right", "words"), [
    (0.25, 0.24, "eyes open (left 0.25, right 0.24)"),
    (0.05, 0.03, "eyes shut (left 0.05, right 0.03)"),
    (0.25, 0.05, "left eye open (0.25), right eye shut (0.05)"),
    (float("nan"), 0.12, "right eye narrow (0.12)"),
    (float("nan"), float("nan"), ""),
])  # fmt: skip
def test_eyes(left, right, words):
    assert describe_eyes(face(eye_openness_left=left, eye_openness_right=right)) == words


@pytest.mark.parametrize(("yaw", "pitch", "words"), [
    (0, 0, "looks towards the camera"),
    (10, 10, "looks towards the camera"),
    (-30, 2, "looks away (30° left)"),
    (20, -10, "looks away (20° right, 10° down)"),
    (float("nan"), 0, ""),
])  # fmt: skip
def test_gaze(yaw, pitch, words):
    assert describe_gaze(face(gaze_yaw=yaw, gaze_pitch=pitch)) == words


def test_movements_of_one_face_are_relative_to_rest():
    smile = measures(lip_corner_height_left=0.12, lip_corner_height_right=0.10)
    moved = movements_of(smile)
    assert set(moved) == set(MOVEMENT_COLUMNS)
    assert moved["lip_corner_up"] == pytest.approx(0.11)
    assert moved["lip_corner_up_asymmetry"] == pytest.approx(0.02)
    assert moved["lip_corner_down"] == 0
    relative = movements_of(smile, measures(lip_corner_height_left=0.2, lip_corner_height_right=0.10))
    assert relative["lip_corner_down_left"] == pytest.approx(0.08)


def test_one_face_and_a_timeline_agree():
    generator = np.random.default_rng(7)
    rows = pd.DataFrame(generator.normal(0, 0.1, (40, len(MEASURE_COLUMNS))), columns=list(MEASURE_COLUMNS))
    rows = rows.assign(track_id=1, time_s=np.arange(40) / 30, emotion=["neutral"] * 5 + ["fear"] * 35)
    rest = resting_measures(rows)[list(MEASURE_COLUMNS)].to_numpy()[0]
    one = pd.DataFrame([movements_of(row, rest) for row in rows[list(MEASURE_COLUMNS)].to_numpy()])
    pd.testing.assert_frame_equal(one[list(MOVEMENT_COLUMNS)], relative_movements(rows))


def test_the_strongest_come_first_and_small_ones_are_not_named():
    moved = movements_of(
        measures(lip_gap=0.3, lip_corner_height_left=0.14, lip_corner_height_right=0.1, lip_height=-0.02)
    )
    assert strongest_movements(moved) == ["jaw drop 0.30", "lip corner up 0.12 (left 0.14, right 0.10)"]
    assert strongest_movements(moved, 1) == ["jaw drop 0.30"]
    assert strongest_movements(movements_of(measures())) == []


def test_sides_that_are_equal_as_printed_are_not_repeated():
    moved = {"lip_corner_up": 0.19, "lip_corner_up_left": 0.191, "lip_corner_up_right": 0.189}
    assert strongest_movements(moved) == ["lip corner up 0.19"]
