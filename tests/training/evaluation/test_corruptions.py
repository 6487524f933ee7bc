from __future__ import annotations

import numpy as np
import pytest

from tests.training.conftest import made_faces
from training.evaluation.corruptions import (
    CORRUPTIONS,
    LIGHT_SHARE,
    SHADE_SHARE,
    blur,
    cover_eyes,
    cover_mouth,
    dim,
    halve,
    overexpose,
    rotate,
    shade,
)

RNG_SEED = 3


def rng() -> np.random.Generator:
    return np.random.default_rng(RNG_SEED)


@pytest.mark.parametrize("condition", CORRUPTIONS, ids=lambda one: one.name)
@pytest.mark.parametrize("colour", [False, True])
def test_every_corruption_keeps_shape_and_dtype_and_is_reproducible(condition, colour):
    faces = made_faces(6, 1)
    faces = np.repeat(faces[..., None], 3, axis=3) if colour else faces
    before = faces.copy()
    worse = condition.apply(faces, rng())
    assert worse.shape == faces.shape
    assert worse.dtype == np.uint8
    np.testing.assert_array_equal(worse, condition.apply(faces, rng()))
    np.testing.assert_array_equal(faces, before)
    assert (worse == faces).all() == (condition.name == "clean")


def test_blur_and_half_size_remove_detail_and_keep_brightness():
    faces = np.random.default_rng(0).integers(0, 256, (3, 48, 48)).astype(np.uint8)
    for change in (blur, halve):
        worse = change(faces, rng())
        assert worse.std() < 0.6 * faces.std()
        assert worse.mean() == pytest.approx(faces.mean(), abs=2)


def test_low_light_scales_brightness():
    faces = np.full((2, 48, 48), 200, np.uint8)
    assert dim(faces, rng()).mean() == pytest.approx(LIGHT_SHARE * 200, abs=0.5)


def test_side_light_comes_from_the_left_or_the_right():
    faces = np.full((40, 48, 48), 200, np.uint8)
    lit = shade(faces, rng()).astype(float)
    left, right = lit[:, :, 0].mean(axis=1), lit[:, :, -1].mean(axis=1)
    np.testing.assert_allclose(np.minimum(left, right), SHADE_SHARE * 200, atol=5)
    np.testing.assert_allclose(np.maximum(left, right), 200, atol=5)
    assert 10 < (left > right).sum() < 30


def test_overexposure_whitens_bright_skin_and_keeps_black():
    faces = np.zeros((1, 48, 48), np.uint8)
    faces[0, :24] = 140
    bright = overexpose(faces, rng())[0]
    assert (bright[:24] == 255).all()
    assert (bright[24:] == 0).all()


def test_rotation_turns_both_ways():
    faces = np.zeros((40, 48, 48), np.uint8)
    faces[:, 10, 22:26] = 255  # a mark above the centre
    columns = rotate(faces, rng())[:, :24].astype(float).sum(axis=1).argmax(axis=1)
    assert set(np.sign(columns - 23.5)) == {-1, 1}


@pytest.mark.parametrize(
    ("cover", "covered", "free"), [(cover_eyes, (18, 15), (36, 24)), (cover_mouth, (36, 24), (18, 15))]
)
def test_sunglasses_cover_eyes_and_masks_cover_the_mouth(cover, covered, free):
    faces = np.full((1, 48, 48), 120, np.uint8)
    worn = cover(faces, rng())[0]
    assert worn[covered] != 120
    assert worn[free] == 120
