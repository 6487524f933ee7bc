from __future__ import annotations

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

import emotion
from emotion.errors import ModelError
from tests.conftest import ROOT
from tests.shown import as_shown
from ui.common.resources import encode_png

pytestmark = pytest.mark.slow

PNG = encode_png(np.zeros((120, 160, 3), np.uint8))


def page(name: str) -> AppTest:
    test = AppTest.from_file(str(ROOT / "pages" / f"{name}.py"), default_timeout=300).run()
    assert not test.exception
    return test


def texts(test: AppTest) -> str:
    """Return all text on the page as a person sees it, without escapes of Markdown."""
    kinds = (test.markdown, test.caption, test.subheader, test.info, test.warning, test.error)
    written = "\n".join(str(element.value) for kind in kinds for element in kind)
    return as_shown(written)


def press(test: AppTest, label: str) -> AppTest:
    next(button for button in test.button if button.label == label).click()
    test.run()
    assert not test.exception
    return test


@pytest.mark.parametrize("name", ["home", "image", "about"])
def test_every_page_runs_alone_and_empty(name, analyzer):
    assert page(name).title


def test_the_app_opens_at_home(analyzer):
    test = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=300).run()
    assert not test.exception
    assert test.title[0].value == "See what faces show"


def test_home_states_the_limits_and_the_law(analyzer):
    words = texts(page("home"))
    assert "what somebody feels" in words
    assert "Article 5(1)(f)" in words


def test_home_works_without_a_model(monkeypatch):
    def missing():
        raise ModelError("expected a model; there is none")

    monkeypatch.setattr("ui.common.resources.load_analyzer", missing)
    assert "See a demo" in [button.label for button in page("home").button]


def test_the_sample_picture_shows_its_face(analyzer):
    test = press(page("image"), "Try the sample")
    assert test.subheader[0].value == "astronaut.png"
    assert test.dataframe[0].value["Expression"].tolist() == ["happiness"]


def test_an_unclear_picture_is_explained(analyzer):
    analyzer.abstain_below = 0.7  # its face is happy at 0.65
    test = press(page("image"), "Try the sample")
    assert test.dataframe[0].value["Expression"].tolist() == ["unclear"]
    assert test.dataframe[0].value["Probability"].tolist() == [0.65]
    assert "no expression reaches 70%" in texts(test)
    assert [one for one in test.get("html") if ">unclear<" in str(one.proto.body)]


def test_without_a_threshold_unclear_is_not_mentioned(analyzer):
    assert "nclear" not in texts(press(page("image"), "Try the sample"))


def gallery_table(test):
    test.segmented_control(key="pictures_view").set_value("Table").run()
    assert not test.exception
    return test.dataframe[0].value


def test_a_bad_file_in_a_batch_loses_nothing(analyzer):
    test = page("image")
    test.file_uploader[0].set_value(
        [("a.png", PNG, "image/png"), ("no_picture.jpg", b"text", "image/jpeg"), ("b.png", PNG, "image/png")]
    )
    test.run()
    assert not test.exception
    assert gallery_table(test)["file"].tolist() == ["b.png", "a.png"]
    assert r"**no\_picture.jpg** is not a picture" in test.error[0].value


def test_only_the_first_faces_are_shown_at_first(analyzer):
    analyzer.faces = 20
    test = press(page("image"), "Try the sample")
    assert test.toggle[0].label == "Show the bars of all 20 faces"
    test.toggle[0].set_value(True).run()
    assert not test.exception


def test_a_picture_without_a_face_says_so(analyzer):
    analyzer.faces = 0
    assert "No face was found" in texts(press(page("image"), "Try the sample"))


def test_pictures_can_be_cleared(analyzer):
    test = press(press(page("image"), "Try the sample"), "Clear all")
    assert not test.subheader


def test_the_camera_is_requested_only_on_demand(analyzer):
    test = page("image")
    assert not test.get("camera_input")
    test.segmented_control[0].set_value("Take a photo").run()
    assert test.get("camera_input")


def test_one_source_of_pictures_is_always_chosen(analyzer):
    assert page("image").segmented_control[0].proto.required


@pytest.mark.slow
@pytest.mark.skipif(not emotion.list_models(), reason="no model is installed")
def test_the_real_model_sees_the_smile():
    test = press(page("image"), "Try the sample")
    assert test.dataframe[0].value["Expression"].tolist() == ["happiness"]
