"""New faces are confirmed: people are kept, animals and things rejected."""

from __future__ import annotations

import json
import math

import cv2
import numpy as np
import pytest

from bench.faces.drawn import draw
from bench.faces.pictures import varied
from emotion.engine.face_follower import FaceFollower
from emotion.samples import sample_image
from emotion.types import Face, Frame, Image
from emotion.vision.decode.image import load_image
from emotion.vision.detection.confirm import (
    CONFIRM_FILE,
    FEATURES,
    MIN_VISIBLE,
    FaceCheck,
    Weights,
    load_weights,
    visible_share,
)
from emotion.vision.detection.detect import BlazeFace
from emotion.vision.landmarks import FaceMesh, Mesh, Roi
from tests.shared_data import CASES


@pytest.fixture(scope="module")
def mesh() -> FaceMesh:
    return FaceMesh()


def faces_in(rgb: Image, mesh: FaceMesh, check: FaceCheck | None) -> list[Face]:
    follower = FaceFollower(BlazeFace(), mesh, check=check)
    return follower(Frame(0, 0.0, cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), lambda: rgb))


class Seen(FaceCheck):
    """A check of new faces that counts its calls."""

    asked = 0

    def __call__(self, *args: object) -> bool:
        self.asked += 1
        return super().__call__(*args)  # type: ignore[arg-type]


def test_a_cat_is_rejected(mesh: FaceMesh) -> None:
    file = CASES / "cat" / "cat.png"
    if not file.is_file():
        pytest.skip("needs ../shared/cases/cat")
    cat = load_image(file)
    assert len(faces_in(cat, mesh, None)) == 1, "detector and mesh alone find a face"
    assert faces_in(cat, mesh, FaceCheck(mesh, BlazeFace(small=True))) == []


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "most"), [("cat", 0), ("clock", 0), ("statue from behind", 0), ("dog", 1)])
def test_drawn_animals_and_things_are_rejected(kind: str, most: int, mesh: FaceMesh) -> None:
    """Drawn monkeys are left out: most score higher than the hardest human faces and are accepted."""
    check = FaceCheck(mesh, BlazeFace(small=True))
    found = 0
    for seed in range(1000, 1006):
        rgba = np.dstack([draw(kind, seed), np.full((320, 320), 255, np.uint8)])
        found += sum(len(faces_in(picture, mesh, check)) for picture in varied(rgba, seed, copies=2))
    assert found <= most


@pytest.mark.slow
@pytest.mark.parametrize("side", [90, 160, 420])
@pytest.mark.parametrize("light", [0.5, 1.0, 1.4])
def test_small_dark_and_bright_faces_are_kept(side: int, light: float, mesh: FaceMesh) -> None:
    portrait = cv2.resize(sample_image(), (side * 2, side * 2), interpolation=cv2.INTER_AREA)
    picture = np.clip(portrait * light, 0, 255).astype(np.uint8)
    check = FaceCheck(mesh, BlazeFace(small=True))
    assert len(faces_in(picture, mesh, None)) == len(faces_in(picture, mesh, check)) == 1


def test_only_new_faces_are_checked(mesh: FaceMesh) -> None:
    check = Seen(mesh, BlazeFace(small=True))
    follower, rgb = FaceFollower(BlazeFace(), mesh, check=check), sample_image()
    luma = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    for index in range(20):
        assert len(follower(Frame(index, index / 5, luma, lambda: rgb))) == 1
    assert check.asked == 1


def test_the_weights_decide(mesh: FaceMesh) -> None:
    """With a limit that no score reaches, a person is rejected."""
    nobody = Weights((0.0,) * len(FEATURES), 1.0)
    assert faces_in(sample_image(), mesh, FaceCheck(mesh, BlazeFace(small=True), nobody)) == []


def test_tightly_cropped_faces_are_not_checked(mesh: FaceMesh) -> None:
    points = np.full((468, 3), 50, np.float32)
    points[0, :2], points[1, :2] = (5, 5), (95, 95)
    picture = np.zeros((100, 100), np.uint8)
    assert visible_share(points, picture) == pytest.approx((100 / 135) ** 2)
    nobody = Weights((0.0,) * len(FEATURES), 1.0)
    check = FaceCheck(mesh, BlazeFace(small=True), nobody)
    assert check(picture, np.zeros((100, 100, 3), np.uint8), Face(np.zeros(4, np.float32), 0.6), [Mesh(points, 0.9)])


def test_features_do_not_change_when_the_picture_is_mirrored(mesh: FaceMesh) -> None:
    measured: list[np.ndarray] = []

    class Keep(FaceCheck):
        def __call__(self, luma, rgb, find, fits):  # type: ignore[no-untyped-def]
            measured.append(self.measure(luma, rgb, find, fits))
            return True

    check = Keep(mesh, BlazeFace(small=True))
    for rgb in (sample_image(), np.ascontiguousarray(sample_image()[:, ::-1])):
        assert len(faces_in(rgb, mesh, check)) == 1
    assert measured[0] == pytest.approx(measured[1], abs=1.0)


def test_the_measured_weights_are_complete() -> None:
    record = json.loads(CONFIRM_FILE.read_text(encoding="utf-8"))
    assert set(record["weights"]) == set(FEATURES)
    assert all(weight > 0 for weight in load_weights().weights), "more evidence never speaks against a face"


class _Turned:
    """Stands for the mesh: finds a face upside down with a given presence."""

    def __init__(self, presence: float) -> None:
        self.presence = presence

    def fit(self, luma: Image, roi: Roi) -> Mesh:
        del luma
        assert math.cos(roi.angle) < -0.9, "only the turned square is asked for"
        return Mesh(np.zeros((468, 3), np.float32), self.presence)


class _Prefers:
    """Stands for the short-range detector, which scores a face higher when it is turned."""

    side = 128

    def best_logit(self, square: Image) -> float:
        return 1.0 if square[: self.side // 2].mean() > square[self.side // 2 :].mean() else 0.0


@pytest.mark.parametrize(("presence", "is_kept"), [(0.0005, True), (0.05, False), (0.999, False)])
def test_a_face_is_upside_down_only_if_the_mesh_agrees(mesh: FaceMesh, presence: float, is_kept: bool) -> None:
    """The detector alone loses an upright face now and then, as behind sunglasses."""
    luma = np.repeat(np.linspace(20, 220, 100).astype(np.uint8)[:, None], 100, axis=1)
    points = mesh.fit(luma, Roi(50, 50, 100, 0.0)).points
    points[:, :2] = (points[:, :2] - points[:, :2].mean(axis=0)) / np.ptp(points[:, :2], axis=0) * 98 + 50
    check = FaceCheck(_Turned(presence), _Prefers())  # type: ignore[arg-type]
    assert visible_share(points, luma) < MIN_VISIBLE, "cropped tightly: nothing else is checked"
    face = Face(np.array([1, 1, 99, 99], np.float32), 0.9)
    assert check(luma, np.dstack([luma] * 3), face, [Mesh(points, 0.9)]) is is_kept
