"""Augmentation: each kind alone, and all together."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest

from tests.training.conftest import made_faces
from training.augment import _DEGRADATIONS, Augmentation, warp

STILL = Augmentation(**{field.name: 0.0 for field in fields(Augmentation)})


def test_zero_amounts_change_nothing():
    images = made_faces(5, 0)
    np.testing.assert_array_equal(STILL.apply(images, np.random.default_rng(0)), images)


def test_flip_alone_mirrors():
    images = made_faces(5, 0)
    flipped = replace(STILL, flip=1.0).apply(images, np.random.default_rng(0))
    np.testing.assert_array_equal(flipped, images[:, :, ::-1])


def parts_of(matrices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the linear parts of warps, and the shifts of the centre of a picture of 48 px, px."""
    linear, centre = matrices[:, :, :2], np.full(2, 23.5)
    return linear, linear @ centre + matrices[:, :, 2] - centre


@pytest.mark.parametrize("mirrored", [False, True])
def test_rotation_turns_about_the_centre_within_its_limit(mirrored: bool):
    turning = replace(STILL, rotation_deg=13.0, flip=float(mirrored))
    linear, moved = parts_of(turning.matrices(2000, 48, np.random.default_rng(0)))
    np.testing.assert_allclose(linear.transpose(0, 2, 1) @ linear, np.tile(np.eye(2), (2000, 1, 1)), atol=1e-12)
    np.testing.assert_allclose(np.linalg.det(linear), -1 if mirrored else 1)
    angles = np.rad2deg(np.arctan2(-linear[:, 0, 1], linear[:, 1, 1]))
    assert -13 <= angles.min() < -12.5
    assert 12.5 < angles.max() <= 13
    np.testing.assert_allclose(moved, 0, atol=1e-9)


def test_shift_moves_within_its_limit_in_both_directions():
    linear, moved = parts_of(replace(STILL, shift=0.1).matrices(2000, 48, np.random.default_rng(0)))
    np.testing.assert_array_equal(linear, np.tile(np.eye(2), (2000, 1, 1)))
    assert (np.abs(moved) <= 4.8 + 1e-9).all()
    assert (moved.min(axis=0) < -4.6).all()
    assert (moved.max(axis=0) > 4.6).all()


def test_zoom_scales_both_sides_equally_about_the_centre():
    linear, moved = parts_of(replace(STILL, zoom=0.15).matrices(2000, 48, np.random.default_rng(0)))
    scale = linear[:, 0, 0]
    np.testing.assert_allclose(linear, scale[:, None, None] * np.eye(2))
    assert 0.85 <= scale.min() < 0.86
    assert 1.14 < scale.max() <= 1.15
    np.testing.assert_allclose(moved, 0, atol=1e-9)


def test_a_warp_follows_its_matrix():
    image = np.zeros((1, 48, 48), np.uint8)
    image[0, 20, 10] = 200
    right_and_down = np.array([[[1.0, 0.0, 7.0], [0.0, 1.0, 3.0]]])
    (row,), (column,) = np.nonzero(warp(image, right_and_down)[0])
    assert (row, column) == (23, 17)


def test_erasing_covers_one_rectangle_and_keeps_the_input():
    images = made_faces(20, 0)
    kept = images.copy()
    erased = replace(STILL, erase=1.0, erase_share=0.4).apply(images, np.random.default_rng(0))
    np.testing.assert_array_equal(images, kept)
    changed = erased != images
    assert changed.any(axis=(1, 2)).all()
    assert changed.any(axis=2).sum(axis=1).max() <= 20


def test_saturation_scales_colours_about_grey():
    colour = np.random.default_rng(0).integers(60, 190, (4, 48, 48, 3), np.uint8)
    varied = replace(STILL, saturation=0.3).apply(colour, np.random.default_rng(0))
    assert not np.array_equal(varied, colour)
    np.testing.assert_allclose(varied.mean(axis=3), colour.mean(axis=3), atol=1)
    grey = made_faces(3, 0)
    np.testing.assert_array_equal(replace(STILL, saturation=0.3).apply(grey, np.random.default_rng(0)), grey)


def test_only_chosen_faces_are_degraded():
    images = made_faces(60, 0)
    half = replace(STILL, worsen=0.5).apply(images, np.random.default_rng(0))
    spoiled = (half != images).any(axis=(1, 2))
    assert 15 < spoiled.sum() < 45
    assert replace(STILL, worsen=1.0).apply(images, np.random.default_rng(0)).shape == images.shape


@pytest.mark.parametrize("kind", ["relight", "background"])
def test_only_chosen_faces_get_other_light_or_surroundings(kind):
    images = made_faces(60, 0)
    half = replace(STILL, **{kind: 0.5}).apply(images, np.random.default_rng(0))
    assert 15 < (half != images).any(axis=(1, 2)).sum() < 45


def test_each_degradation_has_its_named_effect():
    face = np.random.default_rng(1).integers(60, 190, (48, 48, 3), np.uint8)
    rng = np.random.default_rng(0)
    blurred, noisy, coarse, dark = (degrade(face, rng) for degrade in _DEGRADATIONS)
    assert all((spoiled.shape, spoiled.dtype) == (face.shape, np.uint8) for spoiled in (blurred, noisy, coarse, dark))
    assert blurred.std() < face.std()
    assert coarse.std() < face.std()
    assert noisy.std() > face.std()
    assert dark.mean() < 0.6 * face.mean()


@pytest.mark.parametrize("shape", [(7, 48, 48), (7, 48, 48, 3)])
def test_augmentation_keeps_shape_and_is_reproducible(shape):
    images = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    varied = Augmentation().apply(images, np.random.default_rng(3))
    assert (varied.shape, varied.dtype) == (shape, np.uint8)
    np.testing.assert_array_equal(varied, Augmentation().apply(images, np.random.default_rng(3)))
