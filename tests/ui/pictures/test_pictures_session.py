from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image as Pillow

from emotion.report.stills import shrink
from tests.fakes import FakeAnalyzer
from ui.common.resources import encode_png
from ui.pictures.session import BOXES_ALONE, Picture, Unreadable, analyse_picture


def png(height: int = 120, width: int = 160) -> bytes:
    return encode_png(np.zeros((height, width, 3), np.uint8))


def test_a_picture_keeps_its_name_and_result():
    picture = analyse_picture(FakeAnalyzer(), "Mein Bild.v2.png", png())
    assert isinstance(picture, Picture)
    assert picture.stem == "Mein Bild.v2"
    assert len(picture.thumbnails) == len(picture.result.faces) == 1
    assert picture.thumbnails[0].shape == (160, 160, 3)


def test_a_name_is_never_a_path():
    picture = analyse_picture(FakeAnalyzer(), "../../etc/pass wd.png", png())
    assert isinstance(picture, Picture)
    assert picture.stem == "pass wd"


def test_the_download_has_the_full_size():
    picture = analyse_picture(FakeAnalyzer(), "large.png", png(1000, 3000))
    assert isinstance(picture, Picture)
    shown = picture.shown(BOXES_ALONE)
    assert Pillow.open(io.BytesIO(shown)).size == (1400, 467)
    assert picture.shown(BOXES_ALONE) is shown, "drawn once"
    assert Pillow.open(io.BytesIO(picture.annotated_png())).size == (3000, 1000)


@pytest.mark.parametrize("content", [b"", b"no picture", png()[:40]])
def test_an_unreadable_picture_says_why(content):
    picture = analyse_picture(FakeAnalyzer(), "bad.jpg", content)
    assert isinstance(picture, Unreadable)
    assert picture.error


def test_shrink_never_enlarges():
    image = np.zeros((10, 20, 3), np.uint8)
    assert shrink(image, 100) is image
    assert shrink(image, 10).shape == (5, 10, 3)


class _Foreign(FakeAnalyzer):
    def image(self, *args, **kwargs):
        raise ZeroDivisionError("division by zero")


def test_unexpected_errors_affect_only_their_picture():
    picture = analyse_picture(_Foreign(), "bad.jpg", png())
    assert isinstance(picture, Unreadable)
    assert picture.error.startswith("bad.jpg cannot be analysed; expected a picture that can be read; got ZeroDivision")
