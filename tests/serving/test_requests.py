"""Requests to a model server and their answers, without a server."""

from __future__ import annotations

import base64
import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

import emotion
from emotion.serving.classifier import BATCH, ServedClassifier, open_classifier
from emotion.serving.rest import _png
from emotion.serving.settings import URL_SETTING
from emotion.types import FloatArray


class Mirror:
    """A transport that answers each face with its brightness, and records the batch sizes."""

    def __init__(self, labels: int) -> None:
        self.labels, self.sizes = labels, []

    def predict(self, faces: np.ndarray) -> FloatArray:
        self.sizes.append(len(faces))
        return np.repeat(faces.reshape(len(faces), -1).mean(axis=1)[:, None], self.labels, axis=1).astype(np.float32)


def test_many_faces_are_split_into_ordered_requests() -> None:
    card = replace(emotion.load_classifier("default").card, second_look_below=0.0)
    classifier = ServedClassifier(card, "http://127.0.0.1:1")
    classifier._transport = sent = Mirror(len(card.labels))
    count = 2 * BATCH + 5
    answers = classifier.predict([np.full((card.input_size,) * 2, level, np.uint8) for level in range(count)])
    assert sent.sizes == [BATCH, BATCH, 5]
    assert answers.shape == (count, len(card.labels))
    np.testing.assert_allclose(answers[:, 0], np.arange(count))


@pytest.mark.parametrize("channels", [1, 3])
def test_faces_are_sent_as_png_with_their_colours(channels: int) -> None:
    face = np.random.default_rng(0).integers(0, 256, (8, 8, channels), np.uint8)
    read = np.asarray(Image.open(io.BytesIO(base64.b64decode(_png(face)))))
    np.testing.assert_array_equal(read.reshape(face.shape), face)


def test_ensembles_run_locally(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(URL_SETTING, "http://127.0.0.1:1")
    assert isinstance(open_classifier("default"), ServedClassifier)
    assert not isinstance(open_classifier("fer2013-ensemble"), ServedClassifier)
