from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PIL import ImageColor

from emotion.analytics.draw import annotate, relative_luminance, text_colour
from emotion.labels import COLOURS
from tests.conftest import make_face, make_result


def grey(height: int, width: int) -> np.ndarray:
    return np.full((height, width, 3), 127, np.uint8)


def test_the_picture_given_stays_as_it_is():
    image = grey(120, 160)
    before = image.copy()
    drawn = annotate(image, make_result(0, [make_face()]))
    assert np.array_equal(image, before)
    assert drawn.shape == image.shape
    assert not np.array_equal(drawn, image)


def test_the_box_has_the_colour_of_its_expression():
    drawn = annotate(grey(120, 160), make_result(0, [make_face("sadness")]))
    assert tuple(drawn[45, 10]) == ImageColor.getrgb(COLOURS["sadness"])


def test_no_face_changes_nothing():
    image = grey(50, 50)
    assert np.array_equal(annotate(image, make_result(0, [])), image)


@pytest.mark.parametrize("size", [(1, 1), (24, 24), (90, 2000), (3000, 40), (2000, 3000)])
def test_any_size_of_picture(size):
    faces = [make_face(), make_face(left=-30), replace(make_face(), probabilities=None)]
    assert annotate(grey(*size), make_result(0, faces)).shape == (*size, 3)


@pytest.mark.parametrize("colour", COLOURS.values())
def test_text_stands_out_from_every_colour(colour):
    lighter, darker = sorted((relative_luminance(colour), relative_luminance(text_colour(colour))), reverse=True)
    # WCAG 2.2 asks for 4.5 to 1.
    assert (lighter + 0.05) / (darker + 0.05) >= 4.5


def test_luminance_of_black_white_and_green():
    assert relative_luminance("#000000") == 0
    assert relative_luminance("#FFFFFF") == pytest.approx(1)
    assert relative_luminance("#00FF00") == pytest.approx(0.7152)
