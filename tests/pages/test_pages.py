from __future__ import annotations

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

import emotion
from emotion.errors import ModelError
from emotion.samples import make_clip
from tests.conftest import ROOT, make_analysis
from tests.ui.test_playable import write
from ui.resources import encode_png

PNG = encode_png(np.zeros((120, 160, 3), np.uint8))


def page(name: str) -> AppTest:
    test = AppTest.from_file(str(ROOT / "pages" / f"{name}.py"), default_timeout=30).run()
    assert not test.exception
    return test


def texts(test: AppTest) -> str:
    """All words on the page."""
    kinds = (test.markdown, test.caption, test.subheader, test.info, test.warning, test.error)
    return "\n".join(str(element.value) for kind in kinds for element in kind)


def press(test: AppTest, label: str) -> AppTest:
    next(button for button in test.button if button.label == label).click()
    test.run()
    assert not test.exception
    return test


def finish_video(test: AppTest) -> AppTest:
    test.session_state["video_job"].wait(30)
    test.run()
    assert not test.exception
    return test


@pytest.mark.parametrize("name", ["home", "image", "video", "about"])
def test_every_page_runs_alone_and_empty(name, analyzer):
    assert page(name).title


def test_the_app_opens_at_home(analyzer):
    test = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=30).run()
    assert not test.exception
    assert test.title[0].value == "See what faces show"


def test_home_tells_the_limits_and_the_law(analyzer):
    words = texts(page("home"))
    assert "what somebody feels" in words
    assert "Article 5(1)(f)" in words


def test_home_stands_without_a_model(monkeypatch):
    def missing():
        raise ModelError("expected a model; there is none")

    monkeypatch.setattr("ui.resources.load_analyzer", missing)
    assert "there is none" in texts(page("home"))


def test_the_sample_picture_shows_its_face(analyzer):
    test = press(page("image"), "Try the sample")
    assert test.subheader[0].value == "astronaut.png"
    assert test.dataframe[0].value["Expression"].tolist() == ["happiness"]


def test_an_unclear_picture_and_video_say_so_and_why(analyzer):
    analyzer.unclear_below = 0.7  # its face is happy at 0.65
    test = press(page("image"), "Try the sample")
    assert test.dataframe[0].value["Expression"].tolist() == ["unclear"]
    assert test.dataframe[0].value["Probability"].tolist() == [0.65]
    assert "no expression reaches 70%" in texts(test)
    assert [one for one in test.get("html") if ">unclear<" in str(one.proto.body)]

    test = finish_video(press(page("video"), "Try the sample"))
    figures = {metric.label: metric.value for metric in test.metric}
    assert [figures[name] for name in ("Dominant expression", "Smile index", "Unclear")] == ["unclear", "–", "100%"]
    assert "The grey bar under a lane marks unclear time" in texts(test)


def test_without_a_limit_nothing_is_said_of_unclear_answers(analyzer):
    for name in ("image", "video"):
        test = press(page(name), "Try the sample")
        test = finish_video(test) if name == "video" else test
        assert "nclear" not in texts(test)
        assert "Unclear" not in {metric.label for metric in test.metric}


def test_a_bad_file_in_a_batch_loses_nothing(analyzer):
    test = page("image")
    test.file_uploader[0].set_value(
        [("a.png", PNG, "image/png"), ("no_picture.jpg", b"text", "image/jpeg"), ("b.png", PNG, "image/png")]
    )
    test.run()
    assert not test.exception
    assert [heading.value for heading in test.subheader] == ["b.png", "a.png"]
    assert r"**no\_picture.jpg** is not a picture" in test.error[0].value


def test_many_faces_are_shown_in_part_first(analyzer):
    analyzer.faces = 20
    test = press(page("image"), "Try the sample")
    assert test.toggle[0].label == "Show the bars of all 20 faces"
    test.toggle[0].set_value(True).run()
    assert not test.exception


def test_no_face_is_said(analyzer):
    analyzer.faces = 0
    assert "No face was found" in texts(press(page("image"), "Try the sample"))


def test_pictures_can_be_cleared(analyzer):
    test = press(press(page("image"), "Try the sample"), "Clear all")
    assert not test.subheader


def test_the_camera_is_asked_for_only_on_request(analyzer):
    test = page("image")
    assert not test.get("camera_input")
    test.segmented_control[0].set_value("Take a photo").run()
    assert test.get("camera_input")


def test_the_sample_video_shows_its_figures(analyzer):
    test = finish_video(press(page("video"), "Try the sample"))
    figures = {metric.label: metric.value for metric in test.metric}
    assert figures["Dominant expression"] == "happiness"
    assert figures["Smile index"] == "100%"
    assert figures["Frames with a face"] == "37"
    assert figures["Frames without a face"] == "38"


def test_an_uploaded_video_is_dropped_from_the_uploader(analyzer, tmp_path):
    test = page("video")
    content = make_clip(tmp_path / "clip.mp4").read_bytes()
    test.file_uploader[0].set_value(("Mein Film.mp4", content, "video/mp4")).run()
    assert test.file_uploader[0].value is None
    test = finish_video(test)
    assert test.subheader[0].value == "Mein Film.mp4"
    assert test.session_state["video_job"].path.read_bytes() == content


def test_a_running_analysis_shows_progress_and_can_be_stopped(analyzer):
    analyzer.go_on.clear()
    test = press(page("video"), "Try the sample")
    assert "Stop and keep what is done" in [button.label for button in test.button]
    press(test, "Stop and keep what is done")
    analyzer.go_on.set()
    test = finish_video(test)
    assert "cancelled" in test.warning[0].value


def test_another_video_replaces_the_first_and_its_file(analyzer):
    test = finish_video(press(page("video"), "Try the sample"))
    first = test.session_state["video_job"].path
    press(test, "Try the sample")
    assert not first.exists()


def test_a_broken_video_is_said_in_one_sentence(analyzer):
    test = page("video")
    test.file_uploader[0].set_value(("talk.mp4", b"text", "video/mp4")).run()
    assert finish_video(test).error[0].value.startswith("talk.mp4 is not a video")


def test_a_video_without_a_frame(analyzer, tmp_path, monkeypatch):
    monkeypatch.setattr(analyzer, "video", lambda *_args, **_kwargs: make_analysis([]))
    test = page("video")
    content = write(tmp_path / "a.mp4", "libx264").read_bytes()
    test.file_uploader[0].set_value(("a.mp4", content, "video/mp4")).run()
    assert "no frame in this video" in texts(finish_video(test))


def test_a_video_without_a_face(analyzer, tmp_path, monkeypatch):
    monkeypatch.setattr(analyzer, "video", lambda *_args, **_kwargs: make_analysis([[]] * 10))
    test = page("video")
    content = write(tmp_path / "a.mp4", "libx264").read_bytes()
    test.file_uploader[0].set_value(("a.mp4", content, "video/mp4")).run()
    test = finish_video(test)
    assert "no face in this video" in texts(test)
    assert {metric.label: metric.value for metric in test.metric}["Smile index"] == "–"


@pytest.mark.slow
@pytest.mark.skipif(not emotion.list_models(), reason="no model is installed")
def test_the_real_model_sees_the_smile():
    test = press(page("image"), "Try the sample")
    assert test.dataframe[0].value["Expression"].tolist() == ["happiness"]
    video = finish_video(press(page("video"), "Try the sample"))
    assert {metric.label: metric.value for metric in video.metric}["People"] == "1"
