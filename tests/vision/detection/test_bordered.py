"""Faces that fill their picture are found, with boxes in px of the picture."""

from __future__ import annotations

import io
from dataclasses import replace

import cv2
import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image as Pillow

import emotion
from emotion.engine.analyzer import Analyzer
from emotion.samples import sample_image
from emotion.types import FrameResult
from emotion.vision.detection.bordered import LONGEST_PX, with_border
from tests.conftest import make_face

LEFT, TOP, RIGHT, BOTTOM = 185, 80, 275, 175
"""Box of the sample's face without forehead and chin, px."""


@pytest.fixture(scope="module")
def analyzer() -> Analyzer:
    if not emotion.list_models():
        pytest.skip("no model is installed")
    return Analyzer()


@pytest.mark.parametrize("scale", [1, 9])
def test_a_face_that_fills_the_picture_is_found_where_it_is(analyzer: Analyzer, scale: int) -> None:
    (whole,) = analyzer.image(sample_image()).faces
    tight = sample_image()[TOP:BOTTOM, LEFT:RIGHT]
    tight = np.ascontiguousarray(cv2.resize(tight, None, fx=scale, fy=scale))
    result = analyzer.image(tight)
    (face,) = result.faces
    assert (result.width, result.height) == (tight.shape[1], tight.shape[0])
    expected = scale * (whole.box_xyxy - [LEFT, TOP, LEFT, TOP])
    assert np.abs(face.box_xyxy - expected).max() < 12 * scale
    assert analyzer.labels[int(face.probabilities.argmax())] == "happiness"


@pytest.mark.parametrize("shape", [(40, 40), (30, 90), (2000, 1000)])
def test_boxes_go_back_to_the_picture(shape: tuple[int, int]) -> None:
    height, width = shape
    bordered = with_border(np.zeros((height, width, 3), np.uint8))
    assert max(bordered.image.shape) <= 2 * LONGEST_PX + 1
    rows, columns = np.nonzero(bordered.image[..., 0] == 0)
    corners = np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1], np.float32)
    inside, outside = replace(make_face(), box_xyxy=corners), replace(make_face(), box_xyxy=corners * 0)
    found = FrameResult(0, 0.0, *bordered.image.shape[1::-1], (inside, outside), ("happiness",))
    (face,) = bordered.original(found).faces
    assert face.box_xyxy == pytest.approx([0, 0, width, height], abs=1.0)


@pytest.mark.slow
def test_most_tightly_cut_faces_are_found(analyzer: Analyzer, shared_data) -> None:
    batch = next(pq.ParquetFile(shared_data / "rafdb" / "rafdb-test.parquet").iter_batches(60, columns=["image"]))
    found = 0
    for row in batch.to_pylist():
        image = row["image"]
        content = image["bytes"] if isinstance(image, dict) else image
        found += len(analyzer.image(np.asarray(Pillow.open(io.BytesIO(content)).convert("RGB"))).faces) > 0
    assert found >= 0.9 * 60  # without the border: two thirds
