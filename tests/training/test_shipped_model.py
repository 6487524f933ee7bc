"""The shipped default model reproduces its committed evaluation. No TensorFlow."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from emotion import load_classifier
from emotion.evaluation.scoring import score
from emotion.labels import FERPLUS
from emotion.models.registry import EVALUATION_FILE, HISTORY_FILE, file_bytes, load_card, model_dir
from tests.training.conftest import made_faces
from training.data.targets import truths
from training.datasets.readers.parquet import default_data_dir, read_split
from training.evaluation.evaluate import headline


@pytest.fixture(scope="module")
def evaluation():
    return json.loads((model_dir("default") / EVALUATION_FILE).read_text(encoding="utf-8"))


def test_card_history_and_evaluation_agree(evaluation):
    card = load_card("default")
    history = pd.read_csv(model_dir("default") / HISTORY_FILE).set_index("epoch")
    assert evaluation["sha256"] == card.sha256
    assert card.scores == headline(evaluation)
    chosen_by = "public_score" if "public_score" in history else "public_accuracy"
    assert history[chosen_by].idxmax() == card.training["epoch"]
    assert file_bytes(card) == evaluation["file_bytes"]


def test_the_int8_file_reaches_the_required_accuracy(evaluation):
    private = evaluation["int8"]["ferplus"]["private-test"]
    assert private["n"] == 3153
    assert private["accuracy"] >= 0.85
    assert evaluation["int8"]["fer2013"]["private-test"]["n"] == 3589
    faces = evaluation["int8"]["rafdb"]["test"]
    assert faces["n"] == 3068
    assert (faces["accuracy"] >= 0.84, faces["balanced_accuracy"] >= 0.76) == (True, True)
    assert min(label["recall"] for label in faces["per_class"].values()) >= 0.55, (
        "no expression is hardly ever recognised"
    )
    assert evaluation["multiply_adds"] <= 60e6
    parent = evaluation["float"]["ferplus"]["private-test"]
    assert parent["accuracy"] - private["accuracy"] < 0.005


def test_batch_size_and_order_do_not_change_answers():
    classifier = load_classifier("default")
    faces = list(made_faces(12, 4))
    together = classifier.predict(faces)
    np.testing.assert_array_equal(np.concatenate([classifier.predict([face]) for face in faces]), together)
    order = np.random.default_rng(0).permutation(len(faces))
    np.testing.assert_array_equal(classifier.predict([faces[row] for row in order]), together[order])


def test_scoring_again_gives_the_committed_figures(shared_data, evaluation):
    classifier = load_classifier("default")
    private = read_split(default_data_dir(), "private-test")
    logits = classifier.logits(list(private.images))
    again = score(logits, classifier.labels, truths(private, FERPLUS), FERPLUS, classifier.card.temperature)
    committed = evaluation["int8"]["ferplus"]["private-test"]
    assert again is not None
    # Integer arithmetic is the same everywhere; on another CPU, normalisation in float may round a pixel differently.
    assert again["accuracy"] == pytest.approx(committed["accuracy"], abs=0.002)
    assert again["ece"]["after"] == pytest.approx(committed["ece"]["after"], abs=0.005)
