"""Movements of known size in the mean face, warped and rotated, and a mirrored real face."""

from __future__ import annotations

import json
from itertools import product
from types import MappingProxyType

import cv2
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skimage.data import astronaut

from emotion.analytics.behaviour.movements import relative_movements
from emotion.analytics.edits import Span
from emotion.types import HeadPose
from emotion.vision.landmarks import FaceMesh, Roi, roi_of_mesh, rotation
from emotion.vision.movement_codebook import MEASURE_COLUMNS, MOVEMENTS, SIDES
from emotion.vision.movements import MEAN_FACE_FILE, STABLE, fit_to, frontal, mean_face, measures

SIZE = 0.1
"""Size of the movements, in eye distances."""
POSES = [HeadPose(yaw, pitch, roll) for yaw, pitch, roll in product((-30, 0, 30), (-20, 0, 20), (0, 25))]
MIRROR = np.array(json.loads(MEAN_FACE_FILE.read_text(encoding="utf-8"))["mirror"])

# Points that each movement takes along, of the person's right side and of the middle, and where to, as (x, y) in the
# picture: the left side does the same in the mirror.
BROW_INNER, BROW_OUTER = (107, 66, 65, 55), (70, 63, 46, 53)
BROW_BETWEEN = (105, 52)
UPPER_LID = (159, 158, 160, 157, 161)
CORNER = (61, 78, 76, 62)
RED_ABOVE, RED_BELOW = (0, 37, 39, 40), (17, 84, 181, 91)
LOWER_LIP_AND_CHIN = (14, 87, 178, 17, 84, 181, 91, 18, 83, 200, 199, 175, 152, 148, 176)
ACTS = MappingProxyType(
    {
        "brow_inner_raise": ((BROW_INNER, (0, -1)),),
        "brow_outer_raise": ((BROW_OUTER, (0, -1)),),
        "brow_lower": ((BROW_INNER + BROW_BETWEEN + BROW_OUTER, (0, 1)),),
        "lid_raise": ((UPPER_LID, (0, -1)),),
        "lip_corner_up": ((CORNER, (0, -1)),),
        "lip_corner_down": ((CORNER, (0, 1)),),
        "lip_stretch": ((CORNER, (-1, 0)),),
        "lip_pucker": ((CORNER, (1, 0)),),
        "lip_press": ((RED_ABOVE, (0, 0.5)), (RED_BELOW, (0, -0.5))),
        "jaw_drop": ((LOWER_LIP_AND_CHIN, (0, 1)),),
    }
)


def acted(name: str, sides: tuple[str, ...] = SIDES) -> np.ndarray:
    """Return the mean face with one movement."""
    face = mean_face().copy()
    for chosen, (x, y) in ACTS[name]:
        moved = {"right": (set(chosen), x), "left": (set(MIRROR[list(chosen)]), -x)}
        for side in sides:
            # Points in the middle are their own mirror image, and are moved once.
            points = sorted(moved[side][0] - (moved["right"][0] if side == "left" and "right" in sides else set()))
            face[points, :2] += SIZE * np.array([moved[side][1], y])
    return face


def turned(
    face: np.ndarray, pose: HeadPose, scale: float = 140.0, shift: tuple[float, float] = (320.0, 200.0)
) -> np.ndarray:
    """Return the points of a face in px after a rotation of the head."""
    return (face @ rotation(pose).T * scale + [*shift, 0]).astype(np.float32)


def movements_of(faces: np.ndarray) -> pd.DataFrame:
    """Return movements of a person's faces; the mean face in the first second is their rest."""
    every = np.concatenate([turned(mean_face(), HeadPose(5, -5, 3))[None], faces])
    table = pd.DataFrame(measures(every), columns=list(MEASURE_COLUMNS))
    table = table.assign(track_id=1, time_s=np.arange(len(every)) * 1.0, emotion="neutral")
    return relative_movements(table, {1: Span(0, 1)}).iloc[1:]


@pytest.mark.parametrize("name", ACTS)
def test_a_movement_is_measured_in_every_pose_and_nothing_else(name: str) -> None:
    faces = np.stack([turned(acted(name), pose, scale, shift) for pose in POSES for scale, shift in SCALES])
    found = movements_of(faces)
    assert found[name].to_numpy() == pytest.approx(SIZE, rel=0.1)
    others = [movement.name for movement in MOVEMENTS if movement.name != name]
    assert found[others].abs().to_numpy().max() <= 0.1 * SIZE
    asymmetry = found.filter(like="_asymmetry")
    assert asymmetry.abs().to_numpy().max() <= 0.1 * SIZE


SCALES = ((40.0, (60.0, 50.0)), (300.0, (-500.0, 900.0)))


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("name", [movement.name for movement in MOVEMENTS if movement.sided])
def test_a_movement_of_one_side_is_measured_there(name: str, side: str) -> None:
    other = SIDES[1 - SIDES.index(side)]
    found = movements_of(np.stack([turned(acted(name, (side,)), pose) for pose in POSES]))
    assert found[f"{name}_{side}"].to_numpy() == pytest.approx(SIZE, rel=0.1)
    assert found[f"{name}_{other}"].abs().to_numpy().max() <= 0.1 * SIZE
    assert found[name].to_numpy() == pytest.approx(SIZE / 2, rel=0.1)
    sign = 1 if side == "left" else -1
    assert found[f"{name}_asymmetry"].to_numpy() == pytest.approx(sign * SIZE, rel=0.1)


def test_every_movement_of_the_codebook_is_acted() -> None:
    assert list(ACTS) == [movement.name for movement in MOVEMENTS]


@given(st.integers(0, 2**32 - 1))
def test_a_mirrored_face_exchanges_its_sides(seed: int) -> None:
    face = turned(mean_face() + np.random.default_rng(seed).normal(0, 0.03, (468, 3)), HeadPose(10, 5, -4))
    mirrored = face[MIRROR] * [-1, 1, 1] + [640, 0, 0]
    own, other = (
        pd.Series(measures(points[None].astype(np.float32))[0], MEASURE_COLUMNS) for points in (face, mirrored)
    )
    for column in MEASURE_COLUMNS:
        name, _, side = column.rpartition("_")
        swapped = f"{name}_{SIDES[1 - SIDES.index(side)]}" if side in SIDES else column
        assert other[swapped] == pytest.approx(own[column], abs=1e-4)


def test_a_real_smile_in_the_mirror_exchanges_its_sides() -> None:
    picture = cv2.cvtColor(astronaut(), cv2.COLOR_RGB2GRAY)
    own, other = (fitted(each, x) for each, x in ((picture, 222), (picture[:, ::-1].copy(), 512 - 222)))
    for column in MEASURE_COLUMNS:
        name, _, side = column.rpartition("_")
        swapped = f"{name}_{SIDES[1 - SIDES.index(side)]}" if side in SIDES else column
        # For a mirrored picture, the mesh model's points are only roughly mirrored.
        assert other[swapped] == pytest.approx(own[column], abs=0.04), column
    assert own["lip_corner_reach_left"] > 0.05, "she smiles"


def fitted(luma: np.ndarray, x: int) -> pd.Series:
    """Return the measures of the face around ``x``."""
    mesh = FaceMesh()
    points = mesh.fit(luma, Roi(x, 115, 190, 0.0)).points
    return pd.Series(measures(mesh.fit(luma, roi_of_mesh(points)).points[None])[0], MEASURE_COLUMNS)


def test_the_mean_face_is_symmetrical_and_measures_nothing() -> None:
    face = mean_face()
    assert np.abs(face[MIRROR] * [-1, 1, 1] - face).max() < 2e-4
    assert set(MIRROR[STABLE]) == set(STABLE), "the pose must not depend on one side"
    assert measures(face[None].astype(np.float32)) == pytest.approx(0, abs=1e-6)


def test_unknown_points_have_unknown_measures() -> None:
    faces = np.stack([turned(mean_face(), HeadPose(0, 0, 0))] * 2)
    faces[0, 61] = np.nan
    found = measures(faces)
    assert np.isnan(found[0]).all()
    assert found[1] == pytest.approx(0, abs=1e-5)


def test_no_faces_have_no_measures() -> None:
    assert measures(np.empty((0, 468, 3), np.float32)).shape == (0, len(MEASURE_COLUMNS))


def test_another_mesh_is_named() -> None:
    with pytest.raises(ValueError, match=r"expected mesh points of shape \(n, 468, 3\); got \(468, 3\)"):
        frontal(mean_face())


def test_a_face_is_turned_never_reflected() -> None:
    """The best fit of a face to its mirror image is a reflection, which no head can do."""
    reflected = mean_face()[None] * [-1, 1, 1]
    fitted_to = fit_to(reflected, mean_face(), STABLE)
    before, after = (points[0] - points[0].mean(axis=0) for points in (reflected, fitted_to))
    matrix = np.linalg.lstsq(before, after, rcond=None)[0]
    assert np.linalg.det(matrix) > 0
    assert before @ matrix == pytest.approx(after, abs=1e-9), "nothing but a turn and a scale"
