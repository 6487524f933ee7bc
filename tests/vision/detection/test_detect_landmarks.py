"""Detectors and the mesh on real faces."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from emotion.errors import ModelError
from emotion.samples import sample_image
from emotion.types import Detector, HeadPose
from emotion.vision.detection.detect import DETECTORS, BlazeFace, load_detector
from emotion.vision.landmarks import (
    FaceMesh,
    Mesh,
    Roi,
    head_pose,
    mouth_openness,
    roi_of_detection,
    roi_of_mesh,
    rotation,
)
from tests.overlap import iou


def fitted(rgb: np.ndarray) -> Mesh:
    luma = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    mesh = FaceMesh()
    detection = BlazeFace().detect(rgb)[0]
    return mesh.fit(luma, roi_of_mesh(mesh.fit(luma, roi_of_detection(detection)).points))


@pytest.mark.parametrize("name", sorted(DETECTORS))
def test_each_detector_finds_the_portrait(name: str) -> None:
    (face,) = load_detector(name).detect(sample_image())[:1]
    assert iou(face.box_xyxy[None], np.array([[170, 60, 280, 190]], np.float32))[0, 0] > 0.4
    assert 0.5 < face.confidence <= 1


@pytest.mark.parametrize("name", sorted(DETECTORS))
@pytest.mark.parametrize("shape", [(1, 1, 3), (7, 900, 3), (480, 640, 3)])
def test_a_picture_without_a_face_gives_no_boxes(name: str, shape: tuple[int, int, int]) -> None:
    assert load_detector(name).detect(np.full(shape, 127, np.uint8)) == []


@pytest.mark.parametrize("small", [False, True])
@pytest.mark.parametrize(("left", "top"), [(200, 0), (0, 200)])
def test_the_detector_input_is_not_padded_to_a_square(small: bool, left: int, top: int) -> None:
    """Padding costs time and is not needed to find the face."""
    rgb, detector = sample_image(), BlazeFace(small=small)
    square = np.zeros((712, 712, 3), np.uint8)
    square[top : top + 512, left : left + 512] = rgb
    picture = square[: 512 + top, : 512 + left]
    (face,), (same,) = (
        detector.detect(picture, [(0, 0, 512 + left, 512 + top)]),
        detector.detect(square, [(0, 0, 712, 712)]),
    )
    assert iou(face.box_xyxy[None], same.box_xyxy[None])[0, 0] > 0.7


def test_an_unknown_detector_is_named() -> None:
    with pytest.raises(ModelError, match="blazeface, haar; got 'magic'"):
        load_detector("magic")


@pytest.mark.parametrize("name", sorted(DETECTORS))
def test_flipping_the_picture_mirrors_the_boxes(name: str) -> None:
    rgb = sample_image()
    detector: Detector = load_detector(name)
    left, top, right, bottom = detector.detect(rgb)[0].box_xyxy
    mirrored = detector.detect(np.ascontiguousarray(rgb[:, ::-1]))[0].box_xyxy
    width = rgb.shape[1]
    assert iou(mirrored[None], np.array([[width - right, top, width - left, bottom]], np.float32))[0, 0] > 0.8


@pytest.mark.parametrize(
    ("width", "height"), [(320, 240), (640, 360), (1280, 720), (1920, 1080), (1080, 1920), (9000, 60)]
)
def test_tiles_cover_the_picture(width: int, height: int) -> None:
    whole, *tiles = BlazeFace().regions(width, height)
    assert whole == (0, 0, width, height)
    if tiles:
        seen = np.zeros((height, width), bool)
        for left, top, right, bottom in tiles:
            assert 0 <= left < right <= width
            assert 0 <= top < bottom <= height
            seen[top:bottom, left:right] = True
        assert seen.all()


def test_the_roi_maps_its_corners() -> None:
    roi = Roi(x=100, y=50, side=40, angle=np.pi / 2)
    to_square = roi.to_square(20)
    assert to_square @ [100, 50, 1] == pytest.approx([10, 10])
    assert to_square @ [100, 30, 1] == pytest.approx([0, 10], abs=1e-4), "turned clockwise: up becomes left"


def test_mapping_to_the_square_is_inverted() -> None:
    roi = Roi(x=100, y=50, side=40, angle=0.7)
    np.testing.assert_allclose(roi.from_square(192), cv2.invertAffineTransform(roi.to_square(192)), atol=1e-4)


def test_a_mirrored_face_has_mirrored_landmarks_and_pose() -> None:
    rgb = sample_image()
    seen, mirrored = fitted(rgb), fitted(np.ascontiguousarray(rgb[:, ::-1]))
    assert min(seen.presence, mirrored.presence) > 0.99
    pose, other = head_pose(seen.points), head_pose(mirrored.points)
    assert (other.yaw, other.pitch, other.roll) == pytest.approx((-pose.yaw, pose.pitch, -pose.roll), abs=4)
    nose, other_nose = seen.points[1], mirrored.points[1]
    assert (rgb.shape[1] - other_nose[0], other_nose[1]) == pytest.approx((nose[0], nose[1]), abs=5)


def turned(points: np.ndarray, yaw: float, pitch: float, roll: float) -> np.ndarray:
    """Rotate points about x (pitch), y (yaw) and z (roll); x is right, y down, z away from the viewer."""
    y, p, r = np.radians([yaw, pitch, roll])
    about_z = np.array([[np.cos(r), -np.sin(r), 0], [np.sin(r), np.cos(r), 0], [0, 0, 1]])
    about_x = np.array([[1, 0, 0], [0, np.cos(p), np.sin(p)], [0, -np.sin(p), np.cos(p)]])
    about_y = np.array([[np.cos(y), 0, -np.sin(y)], [0, 1, 0], [np.sin(y), 0, np.cos(y)]])
    return points @ (about_y @ about_x @ about_z).T


@pytest.mark.parametrize("angles", [(0, 0, 0), (30, 0, 0), (0, 20, 0), (0, 0, -15), (25, -10, 12), (-40, 15, 5)])
def test_head_pose_known_answers(angles: tuple[float, float, float]) -> None:
    """A head of four points that looks ahead is rotated by known angles."""
    head = np.zeros((468, 3))
    head[33], head[263], head[10], head[152] = [-30, 0, 0], [30, 0, 0], [0, -50, 0], [0, 50, 0]
    pose = head_pose(turned(head, *angles).astype(np.float32), frontal_pitch=0.0)
    assert (pose.yaw, pose.pitch, pose.roll) == pytest.approx(angles, abs=0.1)
    assert rotation(HeadPose(*angles)) == pytest.approx(turned(np.eye(3), *angles).T, abs=1e-6)


def test_openness_known_answers() -> None:
    points = np.zeros((468, 3), np.float32)
    points[13, :2], points[14, :2], points[78, :2], points[308, :2] = (5, 0), (5, 4), (0, 2), (10, 2)
    assert mouth_openness(points) == pytest.approx(0.4)
