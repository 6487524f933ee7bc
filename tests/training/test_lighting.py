"""Light and backgrounds of training faces: each kind alone."""

from __future__ import annotations

import numpy as np
import pytest

from training.lighting import LIGHTS, on_plain_background

SIDE = 48
_with_gamma, _lit_from_one_side, _overexposed, _with_local_contrast = LIGHTS


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def textured():
    return np.random.default_rng(1).integers(60, 190, (SIDE, SIDE), np.uint8)


@pytest.mark.parametrize("change", [*LIGHTS, on_plain_background])
@pytest.mark.parametrize("colours", [(), (3,)])
def test_every_change_keeps_shape_type_and_its_input(change, colours, rng):
    face = np.random.default_rng(1).integers(60, 190, (SIDE, SIDE, *colours), np.uint8)
    before = face.copy()
    changed = change(face, rng)
    assert (changed.shape, changed.dtype) == (face.shape, np.uint8)
    assert not np.array_equal(changed, face)
    np.testing.assert_array_equal(face, before)


def test_gamma_keeps_black_white_and_the_order_of_greys(rng):
    greys = np.tile(np.arange(256, dtype=np.uint8), (256, 1))
    means = []
    for _ in range(40):
        row = _with_gamma(greys, rng)[0].astype(int)
        assert (row[0], row[-1]) == (0, 255)
        assert (np.diff(row) >= 0).all()
        means.append(row.mean())
    assert min(means) < 100
    assert max(means) > 155


def test_a_side_light_darkens_any_one_side(rng):
    flat = np.full((SIDE, SIDE), 200, np.uint8)
    darkest = []
    for _ in range(60):
        lit = _lit_from_one_side(flat, rng)
        assert lit.max() <= 200
        row, column = np.unravel_index(lit.argmin(), lit.shape)
        darkest.append((row > SIDE / 2, column > SIDE / 2))
        opposite = lit[SIDE - 1 - row, SIDE - 1 - column]
        assert opposite > lit.min() + 20
    assert len(set(darkest)) == 4


def test_overexposure_turns_bright_skin_white(rng):
    face = np.full((SIDE, SIDE), 230, np.uint8)
    face[:10] = 20
    bright = _overexposed(face, rng)
    assert (bright[20:] == 255).all()
    assert 20 < bright[0, 0] < 50


def test_local_contrast_raises_details_and_keeps_brightness(textured, rng):
    sharper = _with_local_contrast(textured, rng)
    assert sharper.std() > 1.2 * textured.std()
    assert sharper.mean() == pytest.approx(textured.mean(), abs=4)


def test_a_plain_background_keeps_the_face_and_fills_the_corners(textured, rng):
    for _ in range(20):
        changed = on_plain_background(textured, rng)
        middle = slice(SIDE // 2 - 8, SIDE // 2 + 8)
        np.testing.assert_array_equal(changed[middle, middle], textured[middle, middle])
        corners = [int(changed[row, column]) for row in (0, -1) for column in (0, -1)]
        assert np.ptp(corners) <= 60
