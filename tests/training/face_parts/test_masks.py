"""Face-part masks drawn from known points."""

from __future__ import annotations

import numpy as np
import pytest

from emotion.models.face_parts import KEYPOINTS, PARTS
from training.face_parts.masks import WHITE, known_parts, part_masks

FACE = {
    "left_eye_center": (64, 30),
    "right_eye_center": (32, 30),
    "left_eye_inner_corner": (58, 30),
    "left_eye_outer_corner": (70, 30),
    "right_eye_inner_corner": (38, 30),
    "right_eye_outer_corner": (26, 30),
    "left_eyebrow_inner_end": (57, 20),
    "left_eyebrow_outer_end": (76, 20),
    "right_eyebrow_inner_end": (39, 20),
    "right_eyebrow_outer_end": (20, 20),
    "nose_tip": (48, 50),
    "mouth_left_corner": (60, 66),
    "mouth_right_corner": (36, 66),
    "mouth_center_top_lip": (48, 62),
    "mouth_center_bottom_lip": (48, 70),
}


@pytest.fixture
def points() -> np.ndarray:
    return np.array([[FACE[name] for name in KEYPOINTS]], np.float32)


def mask_of(masks: np.ndarray, part: str) -> np.ndarray:
    return masks[0, :, :, PARTS.index(part)]


def test_masks_are_black_and_white(points):
    masks = part_masks(points, 96)
    assert masks.shape == (1, 96, 96, len(PARTS))
    assert masks.dtype == np.uint8
    assert set(np.unique(masks)) == {0, WHITE}


@pytest.mark.parametrize(
    ("part", "inside"),
    [
        ("eyes", ["left_eye_center", "right_eye_center"]),
        ("nose", ["nose_tip"]),
        ("mouth", ["mouth_left_corner", "mouth_right_corner", "mouth_center_top_lip", "mouth_center_bottom_lip"]),
        ("brows", ["left_eyebrow_inner_end", "right_eyebrow_outer_end"]),
    ],
)
def test_a_mask_contains_exactly_its_own_points(points, part, inside):
    mask = mask_of(part_masks(points, 96), part)
    for name in inside:
        x, y = FACE[name]
        assert mask[y, x] == WHITE, name
    others = {"left_eye_center", "nose_tip", "mouth_center_top_lip", "left_eyebrow_outer_end"} - set(inside)
    for name in others if part != "brows" else others - {"left_eyebrow_outer_end"}:
        x, y = FACE[name]
        assert mask[y, x] == 0, name


def test_a_mirrored_face_has_mirrored_masks(points):
    masks = part_masks(points, 97)
    mirrored = points.copy()
    mirrored[..., 0] = 96 - mirrored[..., 0]
    swapped = [KEYPOINTS.index(name.replace("left", "L").replace("right", "left").replace("L", "right"))
               for name in KEYPOINTS]  # fmt: skip
    other = part_masks(mirrored[:, swapped], 97)[:, :, ::-1]
    assert np.mean(masks != other) < 0.002  # corners are rounded to 1/16 px


def test_a_mask_grows_with_its_face(points):
    small, large = part_masks(points, 96), part_masks(points * 2, 192)
    # OpenCV draws an edge of half a pixel around a polygon at both sizes.
    assert large.sum() == pytest.approx(4 * small.sum(), rel=0.12)


def test_an_open_mouth_is_larger(points):
    opened = points.copy()
    opened[0, KEYPOINTS.index("mouth_center_bottom_lip"), 1] += 10
    assert mask_of(part_masks(opened, 96), "mouth").sum() > 1.5 * mask_of(part_masks(points, 96), "mouth").sum()


def test_a_part_with_a_missing_point_is_unknown_and_black(points):
    points[0, KEYPOINTS.index("nose_tip")] = np.nan
    assert known_parts(points).tolist() == [[True, True, False, True]]
    masks = part_masks(points, 96)
    assert not mask_of(masks, "nose").any()
    assert mask_of(masks, "mouth").any()


def test_a_partly_visible_face_is_clipped(points):
    masks = part_masks(points - [0, 60], 96)
    assert mask_of(masks, "mouth").any()
    assert not mask_of(masks, "brows").any()
