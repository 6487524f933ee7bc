"""Crops are aligned like the training faces; accuracy depends on it."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emotion.vision.align import align, similarity_transform
from emotion.vision.decode.image import load_image
from emotion.vision.detection.detect import BlazeFace
from emotion.vision.fer2013_frame import FRAME_POINTS
from emotion.vision.landmarks import FaceMesh, Roi, five_points, roi_of_detection, roi_of_mesh

FIVE = FRAME_POINTS * 48


@given(st.floats(0.1, 8), st.floats(-3, 3), st.floats(-500, 500), st.floats(-500, 500))
def test_the_transform_undoes_any_turn_scale_and_shift(scale: float, angle: float, x: float, y: float) -> None:
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    moved = (FIVE @ turn.T + [x, y]).astype(np.float32)
    back = similarity_transform(moved, FIVE)
    assert moved @ back[:, :2].T + back[:, 2] == pytest.approx(FIVE, abs=0.05)


def test_the_transform_never_mirrors() -> None:
    fitted = similarity_transform(FIVE * [-1, 1], FIVE)
    assert np.linalg.det(fitted[:, :2]) > 0, "a similarity transform does not mirror"


@pytest.mark.parametrize("scale", [0.3, 1.0, 2.6, 9.0])
def test_crops_are_similar_at_every_resolution(scale: float) -> None:
    """A disc at each of the five points is at its place in the crop, without aliasing."""
    size = round(48 * scale * 2)
    points = (FRAME_POINTS * 48 * scale + size / 4).astype(np.float32)
    picture = np.full((size, size), 40, np.uint8)
    for x, y in points:
        cv2.circle(
            picture, (round(float(x) * 16), round(float(y) * 16)), round(2 * scale * 16), 220, -1, cv2.LINE_AA, 4
        )
    crop = align(picture, points, 48).astype(float) - 40
    for x, y in FIVE:
        low_x, low_y = round(float(x)) - 4, round(float(y)) - 4
        window = crop[low_y : low_y + 9, low_x : low_x + 9]
        rows, columns = np.mgrid[low_y : low_y + 9, low_x : low_x + 9]
        centre = (columns * window).sum() / window.sum(), (rows * window).sum() / window.sum()
        assert centre == pytest.approx((x, y), abs=0.75)


def test_colour_pictures_and_faces_over_the_edge() -> None:
    picture = np.random.default_rng(0).integers(0, 255, (60, 60, 3), np.uint8)
    assert align(picture, FIVE - 30, 48).shape == (48, 48, 3)
    assert align(picture, FIVE * 20 + 500, 48).shape == (48, 48, 3), "entirely outside: the edge is repeated"


@pytest.mark.slow
def test_crops_of_photographs_have_their_eyes_where_fer2013_has_them(shared_data: Path) -> None:
    """The mesh model finds the eyes again in each crop, so a wrong crop fails."""
    detector, mesh = BlazeFace(), FaceMesh()
    whole_crop = Roi(24, 24, 48 * 1.4, 0.0)
    seen = []
    for path in sorted((shared_data / "photos").glob("*.jpg")):
        rgb = load_image(path)
        luma = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
        for detection in detector.detect(rgb):
            fitted = mesh.fit(luma, roi_of_mesh(mesh.fit(luma, roi_of_detection(detection)).points))
            crop = align(luma, five_points(fitted.points), 48)
            again = mesh.fit(crop, roi_of_mesh(mesh.fit(crop, whole_crop).points))
            if min(fitted.presence, again.presence) > 0.9:
                seen.append(five_points(again.points)[:2])
    assert len(seen) > 40
    assert np.abs(np.mean(seen, axis=0) - FIVE[:2]).max() < 2
