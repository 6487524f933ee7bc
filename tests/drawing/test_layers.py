"""Overlays on faces: where they are drawn."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from emotion.drawing.boxes import annotate
from emotion.drawing.layers import Layer, draw_layers, needs_part_models
from emotion.models.face_parts import KEYPOINTS, PARTS
from emotion.types import Face, FrameResult, HeadPose
from emotion.vision.face_parts import FaceParts
from emotion.vision.landmarks import rotation

SIDE = 300
BOX = (100, 80, 200, 200)


@pytest.fixture
def face() -> Face:
    points = np.zeros((468, 3), np.float32)
    rng = np.random.default_rng(0)
    points[:, 0] = rng.uniform(BOX[0], BOX[2], 468)
    points[:, 1] = rng.uniform(BOX[1], BOX[3], 468)
    return Face(np.array(BOX, np.float32), 0.9, landmarks=points, pose=HeadPose(0.0, 0.0, 0.0))


@pytest.fixture
def result(face: Face) -> FrameResult:
    return FrameResult(0, 0.0, SIDE, SIDE, (face,), ("neutral", "happiness"))


@pytest.fixture
def image() -> np.ndarray:
    return np.full((SIDE, SIDE, 3), 90, np.uint8)


@pytest.fixture
def found() -> FaceParts:
    masks = np.zeros((40, 60, len(PARTS)), np.float32)
    masks[10:20, 10:30, PARTS.index("mouth")] = 1.0
    points = np.full((len(KEYPOINTS), 2), 150, np.float32)
    return FaceParts(points, masks, (110, 90), 0.9)


def test_boxes_alone_are_the_annotated_picture(image, result):
    assert np.array_equal(draw_layers(image, result, [Layer.BOXES]), annotate(image, result))


def test_without_layers_the_result_is_a_copy(image, result):
    drawn = draw_layers(image, result, [])
    assert np.array_equal(drawn, image)
    assert drawn is not image


def test_a_part_is_tinted_where_its_mask_is_and_nowhere_else(image, result, found):
    drawn = draw_layers(image, result, [Layer.PARTS], [found])
    changed = (drawn != image).any(axis=2)
    assert changed[100:110, 120:140].all()
    assert changed.sum() == 200
    assert drawn[105, 125, 0] > drawn[105, 125, 1], "the mouth's colour is a red"


@pytest.mark.parametrize("layer", [Layer.MESH, Layer.POINTS, Layer.POSE])
def test_a_layer_draws_on_the_face_alone(image, result, found, layer):
    drawn = draw_layers(image, result, [layer], [found])
    rows, columns = np.nonzero((drawn != image).any(axis=2))
    assert len(rows) > 50
    assert BOX[0] - 70 <= columns.min() <= columns.max() <= BOX[2] + 70
    assert BOX[1] - 70 <= rows.min() <= rows.max() <= BOX[3] + 70
    assert np.array_equal(image, np.full_like(image, 90)), "the input picture is unchanged"


def test_a_face_without_landmarks_pose_or_parts_has_no_layers(image, result, face):
    bare = replace(result, faces=(replace(face, landmarks=None, pose=None),))
    assert np.array_equal(draw_layers(image, bare, [Layer.MESH, Layer.POINTS, Layer.PARTS, Layer.POSE], [None]), image)


def test_masks_reach_over_the_pictures_edge(image, result, found):
    edge = replace(found, masks=found.masks[:10], origin=(0, 0))
    assert draw_layers(image, result, [Layer.PARTS], [edge]).shape == image.shape


def test_only_two_layers_need_face_parts():
    assert [layer for layer in Layer if needs_part_models([layer])] == [Layer.POINTS, Layer.PARTS]


@pytest.mark.parametrize(("pose", "ahead"), [
    (HeadPose(90, 0, 0), (1, 0, 0)),
    (HeadPose(0, 90, 0), (0, -1, 0)),
    (HeadPose(0, 0, 45), (0, 0, -1)),
])  # fmt: skip
def test_axes_follow_yaw_pitch_and_roll(pose, ahead):
    assert -rotation(pose)[:, 2] == pytest.approx(np.array(ahead), abs=1e-6)
