"""The lab's *Labelled pictures*: every model's scores on an uploaded ZIP file."""

from __future__ import annotations

import io
import json
import shutil
import zipfile

import pytest

import emotion
from emotion.engine.classify_faces import crop_face
from emotion.models.registry import models_dir
from emotion.samples import sample_image
from tests.pages.test_model_lab import models_dir_of_the_project
from tests.pages.test_pages import page, press, texts
from ui.common.resources import encode_png, load_analyzer

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def two_models(tmp_path, monkeypatch):
    """The default model, and a copy without sadness."""
    shipped = models_dir_of_the_project()
    monkeypatch.setenv("EMOTION_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("EMOTION_LIBRARY", str(tmp_path / "library"))
    for name, renamed in (("all", {}), ("strange", {"sadness": "disgust", "disgust": "sadness"})):
        shutil.copytree(shipped, models_dir() / name)
        card = json.loads((shipped / "card.json").read_text())
        labels = [renamed.get(label, label) for label in card["labels"]]
        (models_dir() / name / "card.json").write_text(json.dumps(card | {"name": name, "labels": labels}))


@pytest.fixture(scope="module")
def smile() -> bytes:
    portrait = sample_image()
    return encode_png(crop_face(portrait, emotion.Analyzer().image(portrait).faces[0], 48))


def zipped(files: dict[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as writer:
        for name, data in files.items():
            writer.writestr(name, data)
    return content.getvalue()


def give(content: bytes, name: str = "faces.zip"):
    test = page("model_test")
    uploader = next(one for one in test.file_uploader if one.label == "Zip of class folders")
    uploader.set_value((name, content, "application/zip")).run()
    return finish(test)


def finish(test):
    test.session_state["trial_job"].wait(30)
    test.run()
    assert not test.exception
    return test


def test_the_empty_page_explains_what_to_upload():
    assert "the innermost folder that names an expression counts" in texts(page("model_test"))


def test_every_model_is_scored_and_mistakes_are_shown(smile):
    files = {"happy/1.png": smile, "Sad/2.png": smile, "sad/broken.png": b"x", "elsewhere.png": smile}
    test = give(zipped(files | {"sad/notes.txt": b"x"}))
    words = texts(test)
    assert "faces.zip" in [one.value for one in test.subheader]
    assert "2 of 3 pictures evaluated · happiness, sadness · 1 picture in no folder of an expression" in words
    assert "1 file without a picture's ending left out" in words
    table = next(one.value for one in test.dataframe if "faces" in one.value and one.value["faces"].tolist() == [2, 2])
    assert dict(zip(table["model"], table["accuracy"], strict=True)) == pytest.approx({"all": 50, "strange": 50})
    unread = next(one.value for one in test.dataframe if list(one.value.columns) == ["File", "Why"])
    assert unread["File"].tolist() == ["sad/broken.png"]
    assert "The most confident of 1 wrong answers out of 2" in words
    assert "Sad/2.png" in words.replace("\\", "")
    press(test, "Clear")
    assert test.session_state["trial_job"] is None
    assert "the innermost folder that names an expression counts" in texts(test)


def test_numbered_folders_are_scored_once_the_numbering_is_chosen(smile):
    test = give(zipped({"3/1.png": smile, "4/2.png": smile}))
    assert "expected folders named like at least two expressions" in texts(test)
    test.selectbox(key="trial_codes").set_value("fer2013").run()
    test = finish(press(test, "Run again"))
    assert "2 of 2 pictures evaluated · happiness, sadness" in texts(test)


@pytest.mark.parametrize("content", [b"", b"text", b"PK\x03\x04"])
def test_an_invalid_zip_is_one_clear_sentence(content):
    test = give(content, "*holiday*.zip")
    assert "holiday" in test.error[0].value
    assert "expected a zip archive of class folders" in test.error[0].value


def test_pictures_without_a_face_are_not_scored():
    blank = encode_png(sample_image()[:130, :130] * 0)
    words = texts(give(zipped({"happy/1.png": blank, "sad/2.png": blank})))
    assert "0 of 2 pictures evaluated" in words
    assert "No picture could be evaluated." in words


def damage(model: str) -> None:
    [file] = (models_dir() / model).glob("*.tflite")
    file.write_bytes(b"damaged")
    load_analyzer.clear()


def give_to(models: list[str], smile: bytes):
    test = page("model_test")
    test.multiselect(key="lab_tested").set_value(models).run()
    uploader = next(one for one in test.file_uploader if one.label == "Zip of class folders")
    uploader.set_value(("faces.zip", zipped({"happy/1.png": smile, "sad/2.png": smile}), "application/zip")).run()
    return finish(test)


def scored(test) -> list[str]:
    return [name for one in test.dataframe if "faces" in one.value for name in one.value["model"]]


def test_a_model_that_cannot_be_loaded_is_named_and_the_others_are_scored(smile):
    damage("all")
    test = give_to(["all", "strange"], smile)
    assert ["model 'all' expects" in error.value for error in test.error] == [True]
    assert scored(test) == ["strange"]


def test_without_a_model_that_can_be_loaded_there_are_no_scores(smile):
    damage("strange")
    test = give_to(["strange"], smile)
    assert ["model 'strange' expects" in error.value for error in test.error] == [True]
    assert scored(test) == []
    damage("all")
    test.run()
    assert not test.exception


def test_the_scores_of_a_model_that_is_removed_afterwards_stay(smile):
    test = give_to(["strange"], smile)
    shutil.rmtree(models_dir() / "strange")
    test.run()
    assert not test.exception
    assert test.selectbox(key="trial_model").value == "strange"
    assert scored(test) == ["strange"]
