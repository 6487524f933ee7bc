from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PIL import ImageColor

from emotion.drawing.boxes import annotate, relative_luminance
from emotion.labels import ANSWER_COLOURS, COLOURS, UNCLEAR
from tests.conftest import make_face, make_result


def grey(height: int, width: int) -> np.ndarray:
    return np.full((height, width, 3), 127, np.uint8)


def test_the_input_picture_is_unchanged():
    image = grey(120, 160)
    before = image.copy()
    drawn = annotate(image, make_result(0, [make_face()]))
    assert np.array_equal(image, before)
    assert drawn.shape == image.shape
    assert not np.array_equal(drawn, image)


def test_the_box_has_the_colour_of_its_expression():
    drawn = annotate(grey(120, 160), make_result(0, [make_face("sadness")]))
    assert tuple(drawn[45, 10]) == ImageColor.getrgb(COLOURS["sadness"])


def test_the_box_of_an_unclear_face_is_dashed_in_its_own_grey():
    drawn = annotate(grey(120, 160), replace(make_result(0, [make_face("sadness")]), abstain_below=0.7))
    left_side = {tuple(map(int, pixel)) for pixel in drawn[20:71, 10]}
    unclear = ImageColor.getrgb(ANSWER_COLOURS[UNCLEAR])
    assert unclear in left_side
    assert len(left_side) > 1  # the gaps between the dashes
    assert tuple(drawn[45, 10]) != ImageColor.getrgb(COLOURS["sadness"])


@pytest.mark.parametrize(("left", "width", "height"), [(0, 0, 0), (3, 1, 1), (-9, 500, 4), (5, 60, 2000)])
def test_dashes_of_any_size(left, width, height):
    face = replace(make_face(), box_xyxy=np.array([left, 2, left + width, 2 + height], np.float32))
    assert annotate(grey(90, 90), replace(make_result(0, [face]), abstain_below=1.0)).shape == (90, 90, 3)


def test_no_face_changes_nothing():
    image = grey(50, 50)
    assert np.array_equal(annotate(image, make_result(0, [])), image)


@pytest.mark.parametrize("size", [(1, 1), (24, 24), (90, 2000), (3000, 40), (2000, 3000)])
def test_any_size_of_picture(size):
    faces = [make_face(), make_face(left=-30), replace(make_face(), probabilities=None)]
    assert annotate(grey(*size), make_result(0, faces)).shape == (*size, 3)


def test_luminance_of_black_white_and_green():
    assert relative_luminance("#000000") == 0
    assert relative_luminance("#FFFFFF") == pytest.approx(1)
    assert relative_luminance("#00FF00") == pytest.approx(0.7152)
