"""Faces in rotated pictures, and very narrow pictures."""

from __future__ import annotations

import io

import cv2
import numpy as np
import pytest
from PIL import Image

import emotion
from emotion.drawing.boxes import annotate
from emotion.engine.analyzer import Analyzer
from emotion.report.stills import shrink
from emotion.samples import sample_image
from emotion.types import Frame
from emotion.vision.detection.turned import Turned

PORTRAIT = sample_image()


@pytest.fixture(scope="module", params=["blazeface", "haar"])
def analyzer(request) -> Analyzer:
    if not emotion.list_models():
        pytest.skip("no model is installed")
    return Analyzer(detector=request.param)


def box_turned(box: np.ndarray, turn: int) -> np.ndarray:
    """Return a box of a square picture after quarter turns anticlockwise."""
    for _ in range(turn):
        left, top, right, bottom = box
        box = np.array([top, 512 - right, bottom, 512 - left])
    return box


@pytest.mark.slow
@pytest.mark.parametrize("turn", [1, 2, 3])
def test_a_turned_portrait_shows_the_same_smile(analyzer: Analyzer, turn: int) -> None:
    (upright,) = analyzer.image(PORTRAIT).faces
    (face,) = analyzer.image(np.rot90(PORTRAIT, turn)).faces
    assert np.abs(face.box_xyxy - box_turned(upright.box_xyxy, turn)).max() < 6
    assert analyzer.labels[int(face.probabilities.argmax())] == "happiness"
    assert np.abs(face.probabilities - upright.probabilities).max() < 0.1
    assert abs(face.pose.roll) > 60


@pytest.mark.slow
@pytest.mark.parametrize("share", [1.0, 0.8, 0.6, 0.4])
def test_an_upside_down_face_is_not_taken_for_an_upright_one(analyzer: Analyzer, share: float) -> None:
    """Otherwise, detector and mesh find an upright face there, with the chin as its forehead."""
    side = round(512 * share)
    held = np.full_like(PORTRAIT, 128)
    held[:side, :side] = cv2.resize(PORTRAIT, (side, side), interpolation=cv2.INTER_AREA)[::-1, ::-1]
    (face,) = analyzer.image(held).faces
    assert abs(face.pose.roll) > 150
    assert analyzer.labels[int(face.probabilities.argmax())] == "happiness"
    frame = Frame(0, 0.0, cv2.cvtColor(held, cv2.COLOR_RGB2GRAY), lambda: held)
    assert not next(analyzer.stream([frame])).faces, "videos are not searched upside down"


def test_boxes_of_rotated_faces_are_mapped_back(analyzer: Analyzer) -> None:
    wide = np.zeros((700, 900, 3), np.uint8)
    wide[100:612, 50:562] = PORTRAIT
    for turn in (1, 2, 3):
        held = np.ascontiguousarray(np.rot90(wide, -turn))
        place = np.zeros(wide.shape[:2], bool)
        place[100 + 70 : 100 + 180, 50 + 170 : 50 + 280] = True
        rows, columns = np.nonzero(np.rot90(place, -turn))
        best = max(Turned(analyzer._detector, turn).detect(held), key=lambda face: face.confidence)
        wanted = [columns.min(), rows.min(), columns.max(), rows.max()]
        assert np.abs(best.box_xyxy - wanted).max() < 20


@pytest.mark.slow
@pytest.mark.parametrize("size", [(1, 1), (1, 512), (512, 1), (30, 2400), (2400, 30), (2, 3000), (35, 36)])
def test_narrow_pictures_are_searched_without_error(analyzer: Analyzer, size: tuple[int, int]) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (*size, 3), np.uint8)
    result = analyzer.image(noise)
    assert (result.height, result.width, result.faces) == (*size, ())
    assert shrink(annotate(noise, result), 1400).size
    buffer = io.BytesIO()
    Image.fromarray(noise).save(buffer, "PNG")
    assert not analyzer.image(buffer.getvalue()).faces
