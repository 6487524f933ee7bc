"""The classifier's contract, on a shipped model."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

import emotion
from emotion.errors import ImageError, ModelError
from emotion.labels import FER2013_LABELS
from emotion.samples import sample_image
from emotion.types import ModelCard
from emotion.vision.classify import LiteRTClassifier, margins, with_tta
from tests.tflite_files import classifier as classifier_file


@pytest.fixture(scope="module")
def classifier() -> LiteRTClassifier:
    return emotion.load_classifier("default")


@pytest.fixture(scope="module")
def faces() -> list[np.ndarray]:
    portrait = sample_image()[50:200, 150:300]
    return [
        np.ascontiguousarray(portrait[top : top + 110, left : left + 110]) for top in (0, 20, 40) for left in (0, 30)
    ]


def test_probabilities_have_the_promised_shape(classifier: LiteRTClassifier, faces: list[np.ndarray]) -> None:
    probabilities = classifier.predict(faces)
    assert probabilities.shape == (len(faces), len(classifier.labels))
    assert probabilities.dtype == np.float32
    assert probabilities.sum(axis=1) == pytest.approx(1, abs=1e-5)
    assert (probabilities >= 0).all()


def test_no_crops_give_no_rows(classifier: LiteRTClassifier) -> None:
    assert classifier.predict([]).shape == (0, len(classifier.labels))


def test_each_face_is_classified_independently(classifier: LiteRTClassifier, faces: list[np.ndarray]) -> None:
    together = classifier.predict(faces)
    assert np.array_equal(together[::-1], classifier.predict(faces[::-1]))
    assert np.array_equal(together, np.concatenate([classifier.predict([face]) for face in faces]))


def test_colour_and_grey_and_any_size(classifier: LiteRTClassifier, faces: list[np.ndarray]) -> None:
    grey = cv2.cvtColor(faces[0], cv2.COLOR_RGB2GRAY)
    assert np.array_equal(classifier.predict([faces[0]]), classifier.predict([grey]))
    sizes = [cv2.resize(grey, size) for size in ((48, 48), (31, 90), (500, 400), (1, 1))]
    assert classifier.predict(sizes).shape[0] == 4


def test_invalid_crops_are_refused(classifier: LiteRTClassifier) -> None:
    for crop in (np.zeros((48, 48)), np.zeros((48, 48, 4), np.uint8), np.zeros((0, 4), np.uint8)):
        with pytest.raises(ImageError, match="expected a uint8 face"):
            classifier.predict([crop])


def test_threads_agree(classifier: LiteRTClassifier, faces: list[np.ndarray]) -> None:
    expected = classifier.predict(faces)
    with ThreadPoolExecutor(6) as pool:
        for answer in pool.map(classifier.predict, [faces] * 12):
            assert np.array_equal(answer, expected)


def test_a_model_that_outputs_probabilities_returns_them(faces: list[np.ndarray], tmp_path: Path) -> None:
    """A softmax in the file and one in the app give the same answer, even for probabilities of zero."""
    weights, answers = np.random.default_rng(0).normal(0, 1, (7, 48 * 48)).astype(np.float32), []
    for outputs in ("logits", "probabilities"):
        file = tmp_path / f"{outputs}.tflite"
        file.write_bytes(classifier_file(probabilities=outputs == "probabilities", weights=weights))
        card = ModelCard(
            "own", "", FER2013_LABELS, 48, "grey", "unit", "aligned", 1.0, file.name, "", 0, None, "", outputs=outputs
        )
        stranger = LiteRTClassifier(card, file=file)
        assert np.isfinite(stranger.logits(faces)).all()
        answers.append(stranger.predict(faces))
    assert answers[1] == pytest.approx(answers[0], abs=1e-6)
    assert (answers[0].max(axis=1) > 0.999).any(), "some probabilities must be practically zero"


def test_only_unsure_faces_get_tta() -> None:
    faces = np.array([[[4, 1]], [[3, 2]], [[1, 1]]], np.float32)  # one row of two pixels, left and right
    asked = []

    def answer(some: np.ndarray) -> np.ndarray:
        asked.append(len(some))
        return np.stack([3 * some[:, 0, 0], some[:, 0, 1], np.zeros(len(some))], axis=1)

    assert margins(answer(faces)).tolist() == [11, 7, 2]
    asked.clear()
    np.testing.assert_array_equal(with_tta(answer, faces, 0), [[12, 1, 0], [9, 2, 0], [3, 1, 0]])
    assert asked == [3]
    np.testing.assert_array_equal(with_tta(answer, faces, 8), [[12, 1, 0], [7.5, 2.5, 0], [3, 1, 0]])
    assert asked == [3, 3, 2]


def test_tta_makes_answers_mirror_invariant(classifier: LiteRTClassifier, faces: list[np.ndarray]) -> None:
    mirrored = [np.ascontiguousarray(face[:, ::-1]) for face in faces]
    for model in ("default", "fer2013"):
        never_sure = LiteRTClassifier(replace(emotion.load_classifier(model).card, second_look_below=1e6))
        np.testing.assert_allclose(never_sure.logits(mirrored), never_sure.logits(faces), atol=0.1)
    once = LiteRTClassifier(classifier.card, tta=False)
    assert np.abs(once.logits(mirrored) - once.logits(faces)).max() > 0.2


def test_an_unknown_model_is_named() -> None:
    with pytest.raises(ModelError, match="got 'nonsense'"):
        emotion.load_classifier("nonsense")
