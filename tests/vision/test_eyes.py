from __future__ import annotations

import math
from pathlib import Path

import cv2
import numpy as np
import pytest

import emotion
from bench.eyes.drawn import LEFT, RIGHT, looking, shut
from bench.eyes.photographs import EyesOfFace, measure_lids
from emotion.engine.face_follower import FaceFollower
from emotion.engine.measure_eyes import with_eyes
from emotion.samples import sample_image
from emotion.types import Face, Frame, HeadPose, Image
from emotion.vision.detection.detect import BlazeFace
from emotion.vision.eyes import CORNERS_FORWARD, IRIS_RADIUS, REST, EyeModel, gaze
from emotion.vision.landmarks import FaceMesh, rotation

BOTH = np.array([True, True])
MODEL, MESH = EyeModel(), FaceMesh()


def faces_in(rgb: Image) -> list[Face]:
    luma = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    return FaceFollower(BlazeFace(), MESH)(Frame(0, 0.0, luma, lambda: rgb))


eyes_of = EyesOfFace()


@pytest.mark.slow
def test_open_eyes_are_distinguished_from_drawn_lids(shared_data: Path) -> None:
    found = measure_lids(shared_data)
    assert found["faces"] > 20
    assert found["auc"] >= 0.95


@pytest.mark.parametrize(("eye", "side"), [(LEFT, "left"), (RIGHT, "right")])
def test_a_wink_is_seen_on_its_own_side(eye: int, side: str) -> None:
    rgb = sample_image()
    (face,) = faces_in(rgb)
    before, after = eyes_of(rgb, face.landmarks), eyes_of(shut(rgb, face.landmarks, (eye,)), face.landmarks)
    other = {"left": "right", "right": "left"}[side]
    name, unchanged = f"eye_openness_{side}", f"eye_openness_{other}"
    assert getattr(after, name) < 0.7 * getattr(before, name)
    assert getattr(after, unchanged) == pytest.approx(getattr(before, unchanged), abs=0.04)


def test_a_mirrored_picture_swaps_the_sides() -> None:
    rgb = sample_image()
    mirrored = np.ascontiguousarray(rgb[:, ::-1])
    seen, other = (eyes_of(picture, faces_in(picture)[0].landmarks) for picture in (rgb, mirrored))
    assert other.eye_openness_left == pytest.approx(seen.eye_openness_right, abs=0.03)
    assert other.eye_openness_right == pytest.approx(seen.eye_openness_left, abs=0.03)
    assert other.gaze_yaw == pytest.approx(-seen.gaze_yaw, abs=5)


def test_drawn_eyes_that_turn_are_seen_to_turn() -> None:
    """Measured angles are half of the true ones; ``python -m bench.eyes`` measures the errors on more faces."""
    rgb = sample_image()
    (face,) = faces_in(rgb)
    yaws = (-30, -10, 10, 30)
    seen = [eyes_of(looking(rgb, face.landmarks, yaw, 0, REST), face.landmarks).gaze_yaw for yaw in yaws]
    assert np.all(np.diff(seen) > 0)
    assert seen[0] < -8
    assert seen[-1] > 5
    assert np.abs(np.subtract(seen, yaws)).mean() < 15
    up, down = (eyes_of(looking(rgb, face.landmarks, 0, p, REST), face.landmarks).gaze_pitch for p in (10, -10))
    assert up - down > 3


@pytest.mark.parametrize(("yaw", "pitch"), [(0, 0), (20, 0), (-25, 10), (10, -15)])
@pytest.mark.parametrize("head_yaw", [-20, 0, 15])
def test_an_eyeball_that_is_turned_by_known_angles(yaw: float, pitch: float, head_yaw: float) -> None:
    """The formula inverts a projection: the angles of an eyeball follow from the place of its iris."""
    turn = math.radians(head_yaw)
    right = IRIS_RADIUS * math.sin(math.radians(yaw)) * math.cos(math.radians(pitch)) - CORNERS_FORWARD * math.sin(turn)
    down = -IRIS_RADIUS * math.sin(math.radians(pitch))
    width = math.cos(turn)
    offsets = np.array([[right / width, down / width], [-right / width, down / width]]) - np.array(REST) / 1.0
    head = rotation(HeadPose(head_yaw, 0.0, 0.0))
    rest = np.array(REST) * (1 - 1 / width)  # REST is added after foreshortening the width
    seen = gaze((offsets + rest).astype(np.float32), BOTH, head, 0.0)
    assert seen == pytest.approx((yaw, pitch), abs=0.1)


def test_a_tilted_head_looks_the_same_way() -> None:
    straight = gaze(np.array([[0.1, 0.0], [-0.1, 0.0]], np.float32), BOTH, np.eye(3, dtype=np.float32), 0.0)
    tilt = math.radians(90)
    head = rotation(HeadPose(0.0, 0.0, 90.0))
    tilted = gaze(np.array([[0.1, 0.0], [-0.1, 0.0]], np.float32), BOTH, head, tilt)
    assert straight[0] > 10
    assert tilted[1] < -10, "the right of the head is down in the picture"


def test_the_gaze_of_shut_eyes_is_not_known() -> None:
    offsets = np.zeros((2, 2), np.float32)
    assert all(map(math.isnan, gaze(offsets, np.array([False, False]), np.eye(3, dtype=np.float32), 0.0)))


def test_narrow_eyes_and_eyes_turned_away_are_not_measured() -> None:
    luma, ahead = np.full((100, 100), 128, np.uint8), np.eye(3, dtype=np.float32)
    narrow = MODEL(luma, np.array([[[20, 50], [24, 50]], [[40, 50], [44, 50]]], np.float32), ahead)
    assert math.isnan(narrow.eye_openness_left)
    assert math.isnan(narrow.gaze_yaw)
    away = MODEL(luma, np.array([[[20, 50], [28, 50]], [[40, 50], [60, 50]]], np.float32), ahead)
    assert math.isnan(away.eye_openness_right)
    assert not math.isnan(away.eye_openness_left)


def test_eyes_can_be_left_out() -> None:
    analyzer = emotion.Analyzer(eyes=False)
    (face,) = analyzer.image(sample_image()).faces
    assert math.isnan(face.eye_openness_left)
    assert math.isnan(face.gaze_yaw)
    assert with_eyes(MODEL, cv2.cvtColor(sample_image(), cv2.COLOR_RGB2GRAY), face).eye_openness_left > 0.1
