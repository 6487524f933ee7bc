"""Models scored on labelled pictures: real models, real pictures, known answers."""

from __future__ import annotations

import zipfile
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

import emotion
from emotion.engine.classify_faces import crop_face
from emotion.errors import Cancelled
from emotion.evaluation.user_evaluation.judge import answers, judge, limited_choice, overview, worst_mistakes
from emotion.evaluation.user_evaluation.run import Framing, UserEvaluation, run_user_evaluation
from emotion.evaluation.user_evaluation.zip_folders import ZipFolders
from emotion.labels import label_set_of
from emotion.samples import sample_image
from emotion.vision.decode.formats import EXPECTED
from ui.common.resources import encode_png

pytestmark = pytest.mark.slow

THREE = ("anger", "happiness", "sadness")


@pytest.fixture(scope="module")
def analyzer() -> emotion.Analyzer:
    return emotion.Analyzer()


@pytest.fixture(scope="module")
def classifiers():
    return {"default": emotion.load_classifier()}


@pytest.fixture
def faces(tmp_path) -> Path:
    """A smiling photo and its face crop: five pictures, three with a wrong label; one without a face, one broken."""
    portrait = sample_image()
    crop = crop_face(portrait, emotion.Analyzer().image(portrait).faces[0], 48)
    path = tmp_path / "faces.zip"
    with zipfile.ZipFile(path, "w") as writer:
        for name in ("happy/photo.png", "sad/photo.png"):
            writer.writestr(name, encode_png(portrait))
        for name in ("happy/crop.png", "sad/crop.png", "angry/crop.png"):
            writer.writestr(name, encode_png(crop))
        writer.writestr("angry/black.png", encode_png(np.zeros((200, 200, 3), np.uint8)))
        writer.writestr("angry/broken.png", "no picture")
    return path


def run(path: Path, classifiers, analyzer, framing: Framing = Framing.BY_SIZE, on_progress=None) -> UserEvaluation:
    with closing(ZipFolders(path)) as folders:
        return run_user_evaluation(folders, classifiers, analyzer.largest_face, framing, on_progress)


def made_trial(card, probabilities: list[list[float]], truth: list[int]) -> UserEvaluation:
    """Return a user evaluation of one model with three labels and given answers."""
    card = replace(card, labels=THREE, temperature=1.0)
    logits = np.log(np.array(probabilities, np.float32))
    names = tuple(f"{place}.png" for place in range(len(truth)))
    return UserEvaluation(
        label_set=label_set_of(THREE),
        names=names,
        truth=np.array(truth, np.int8),
        searched=np.zeros(len(truth), np.bool_),
        thumbnails=(b"",) * len(truth),
        cards={"made": card},
        logits={"made": logits},
        unread=(),
        unlabelled=0,
        others=0,
        files=len(truth),
    )


def test_photos_and_face_crops_are_classified(faces, classifiers, analyzer):
    trial = run(faces, classifiers, analyzer)
    assert trial.names == ("happy/photo.png", "sad/photo.png", "happy/crop.png", "sad/crop.png", "angry/crop.png")
    assert {one.name: one.reason for one in trial.unread} == {
        "angry/black.png": "no face was found",
        "angry/broken.png": f"the picture is not a picture in a known format; expected {EXPECTED}",
    }
    assert trial.searched.tolist() == [True, True, False, False, False]
    assert limited_choice(trial, "default").startswith(
        "Answers are limited to the 3 expressions that the pictures have."
    )
    record = judge(trial, "default")
    assert record is not None
    assert record["confusion_matrix"] == [[0, 1, 0], [0, 2, 0], [0, 2, 0]]
    thumbnail = cv2.imdecode(np.frombuffer(trial.thumbnails[0], np.uint8), cv2.IMREAD_COLOR)
    assert thumbnail.shape == (96, 96, 3)


def test_a_photo_gives_the_same_answer_as_the_pictures_page(faces, classifiers, analyzer):
    trial = run(faces, classifiers, analyzer)
    face = analyzer.image(sample_image()).faces[0]
    shown = np.log(face.probabilities) * classifiers["default"].card.temperature
    given = trial.logits["default"][0]
    np.testing.assert_allclose(given - given.max(), shown - shown.max(), atol=1e-3)


def test_face_crops_are_not_searched(faces, classifiers, analyzer):
    trial = run(faces, classifiers, analyzer, Framing.CUT_OUT)
    assert "angry/black.png" in trial.names
    assert len(trial.names) == 6


def test_stopping_keeps_finished_answers(faces, classifiers, analyzer):
    seen = []

    def report(progress):
        seen.append((progress.done, progress.total))
        if progress.done == 3:
            raise Cancelled("enough")

    trial = run(faces, classifiers, analyzer, on_progress=report)
    assert seen == [(1, 7), (2, 7), (3, 7)]
    assert len(trial.names) == 3
    assert trial.note == "enough"


def test_figures_of_known_answers(classifiers):
    rows = [[0.7, 0.2, 0.1], [0.6, 0.3, 0.1], [0.1, 0.8, 0.1], [0.05, 0.9, 0.05]]
    trial = made_trial(classifiers["default"].card, rows, [0, 1, 1, 2])
    record = judge(trial, "made")
    assert record is not None
    assert record["accuracy"] == 0.5
    table = answers(trial, "made")
    assert table["right"].tolist() == [True, False, True, False]
    assert table["p_anger"].tolist() == pytest.approx([0.7, 0.6, 0.1, 0.05])
    assert worst_mistakes(table, 5)["file"].tolist() == ["3.png", "1.png"]
    assert worst_mistakes(table, 1)["file"].tolist() == ["3.png"]
    assert overview({"made": judge(trial, "made")})["accuracy"].tolist() == [0.5]


def test_pictures_whose_label_a_model_does_not_know_are_left_out(classifiers):
    trial = made_trial(classifiers["default"].card, [[0.7, 0.2, 0.1]] * 3, [0, 1, 2])
    two = replace(trial.cards["made"], labels=("anger", "happiness", "fear"))
    trial = replace(trial, cards={"made": two})
    table = answers(trial, "made")
    assert table["file"].tolist() == ["0.png", "1.png"]
    assert table["probability"].tolist() == pytest.approx([0.7 / 0.9] * 2)


def test_a_model_without_matching_labels_is_not_scored(classifiers):
    trial = made_trial(classifiers["default"].card, [[0.7, 0.2, 0.1]] * 3, [0, 1, 2])
    stranger = replace(trial.cards["made"], labels=("fear", "disgust", "neutral"))
    trial = replace(trial, cards={"made": stranger})
    assert judge(trial, "made") is None
    assert answers(trial, "made").empty
    assert worst_mistakes(answers(trial, "made"), 3).empty
    assert overview({"made": judge(trial, "made")})["faces"].isna().all()
