"""Several pictures on one page: filter, order, table, and the file with all results."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace

import cv2
import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from emotion.types import FrameResult
from tests.conftest import ROOT
from tests.fakes import FakeAnalyzer, make_face
from ui.pictures.gallery import faces_json, found, results_zip
from ui.pictures.session import BOXES_ALONE, Picture, Unreadable, analyse_picture
from ui.pictures.sheet import NO_FACE, UNREADABLE, answers_of, in_order

PAGE = str(ROOT / "pages" / "image.py")


def png(level: int = 90) -> bytes:
    return cv2.imencode(".png", np.full((60, 80, 3), level, np.uint8))[1].tobytes()


@pytest.fixture
def shown(analyzer: FakeAnalyzer) -> list[Picture | Unreadable]:
    pictures = [analyse_picture(analyzer, name, png()) for name in ("b.png", "a.jpg", "a.png")]
    return [*pictures, analyse_picture(analyzer, "=bad.png", b"no picture")]


def gallery(*names: str) -> AppTest:
    test = AppTest.from_file(PAGE, default_timeout=30).run()
    test.file_uploader[0].set_value([(name, png(), "image/png") for name in names]).run()
    assert not test.exception
    return test


def files(test: AppTest) -> list[str]:
    return test.dataframe[0].value["file"].tolist()


@pytest.mark.slow
def test_the_newest_picture_comes_first_unless_sorted_by_name(analyzer: FakeAnalyzer) -> None:
    test = gallery("b.png", "c.png", "a.png")
    test.segmented_control(key="pictures_view").set_value("Table").run()
    assert files(test) == ["a.png", "c.png", "b.png"]
    test.selectbox(key="pictures_order").set_value("By name").run()
    assert files(test) == ["a.png", "b.png", "c.png"]


@pytest.mark.slow
def test_a_filter_leaves_the_pictures_that_show_an_expression(analyzer: FakeAnalyzer) -> None:
    test = gallery("a.png", "b.png")
    analyzer.faces = 0
    test.file_uploader[0].set_value([("empty.png", png(), "image/png")]).run()
    test.segmented_control(key="pictures_view").set_value("Table").run()
    assert len(files(test)) == 3
    test.pills(key="pictures_filter").set_value([NO_FACE]).run()
    assert files(test) == ["empty.png"]


@pytest.mark.slow
def test_the_table_has_unclear_faces(analyzer: FakeAnalyzer) -> None:
    analyzer.abstain_below = 0.7  # the face is happy at 0.65
    test = gallery("a.png", "b.png")
    test.segmented_control(key="pictures_view").set_value("Table").run()
    assert not test.exception
    assert test.dataframe[0].value["expression"].tolist() == ["unclear", "unclear"]


def test_the_table_numbers_equal_names_as_the_files_do(analyzer: FakeAnalyzer) -> None:
    test = gallery("a.png", "a.png")
    test.segmented_control(key="pictures_view").set_value("Table").run()
    assert set(test.dataframe[0].value["file"]) == {"a.png", "a-2.png"}


@pytest.mark.slow
def test_results_take_the_place_of_the_uploader(analyzer: FakeAnalyzer) -> None:
    test = AppTest.from_file(PAGE, default_timeout=30).run()
    assert test.title[0].value == "Pictures"
    test = gallery("a.png", "b.png")
    assert test.title[0].value == "Pictures"
    assert test.get("popover")[0].proto.popover.label == "Add pictures"


def test_totals_and_order_of_answers(shown: list[Picture | Unreadable]) -> None:
    assert found(shown) == "4 pictures · 3 faces · 1 cannot be read"
    assert answers_of(shown[0]) == {"happiness": 1} and answers_of(shown[3]) == {UNREADABLE: 1}
    assert in_order({UNREADABLE, "unclear", "fear", NO_FACE, "happiness"}) == [
        "happiness", "fear", "unclear", NO_FACE, UNREADABLE,
    ]  # fmt: skip


def test_least_sure_pictures_come_first(shown: list[Picture | Unreadable]) -> None:
    from ui.pictures.gallery import LEAST_SURE, _sorted

    sure = shown[0]
    assert isinstance(sure, Picture)
    face = make_face(track_id=1, left=5.0)
    unsure = replace(face, probabilities=np.full(8, 1 / 8, np.float32))
    picture = replace(sure, name="unsure.png", result=FrameResult(0, 0.0, 80, 60, (unsure,), sure.result.labels, 0.0))
    order = [one.name for _, one in _sorted(list(enumerate([*shown, picture])), LEAST_SURE)]
    assert order[0] == "unsure.png" and order[-1] == "=bad.png"


def test_one_file_holds_everything(shown: list[Picture | Unreadable]) -> None:
    names = [one.name for one in shown]
    with zipfile.ZipFile(io.BytesIO(results_zip(shown, names, BOXES_ALONE))) as archive:
        drawn = [name for name in archive.namelist() if name.startswith("pictures/")]
        assert drawn == ["pictures/b.png.jpg", "pictures/a.jpg", "pictures/a.png.jpg"]
        for name in drawn:
            assert cv2.imdecode(np.frombuffer(archive.read(name), np.uint8), cv2.IMREAD_COLOR).shape == (60, 80, 3)
        table = pd.read_csv(io.BytesIO(archive.read("faces.csv")))
        records = json.loads(archive.read("faces.json"))
    assert table["file"].tolist() == ["b.png", "a.jpg", "a.png"]
    assert records == json.loads(faces_json(shown, names)) and "error" in records[3]
