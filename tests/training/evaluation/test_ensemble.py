"""Ensembles: answers, cards, and invalid combinations. No TensorFlow."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

import emotion
from emotion.cli import doctor
from emotion.errors import ImageError, ModelError
from emotion.labels import FER2013_LABELS, FERPLUS_LABELS
from emotion.models import registry
from emotion.models.registry import load_card, save_card, sha256_of
from emotion.samples import sample_image
from emotion.types import ModelCard
from emotion.vision.classify import ensemble_logits
from tests import tflite_files as files
from tests.training.conftest import made_faces
from tests.training.made_models import install
from training.cli.main import main
from training.evaluation.ensemble import make_ensemble


@pytest.fixture
def models(tmp_path, monkeypatch):
    """Two small grey models, a larger colour model, and one with seven labels."""
    monkeypatch.setenv("EMOTION_MODELS", str(tmp_path))
    monkeypatch.setenv("EMOTION_LIBRARY", str(tmp_path / "library"))
    install(tmp_path, "a", 1)
    install(tmp_path, "b", 2)
    install(tmp_path, "colour", 3, size=64, channels=3)
    install(tmp_path, "seven", 4, labels=FER2013_LABELS)
    return tmp_path


def test_the_mean_of_probabilities_by_hand():
    shares = [np.array([[0.8, 0.2]], np.float32), np.array([[0.4, 0.6]], np.float32)]
    np.testing.assert_allclose(np.exp(ensemble_logits(shares)), [[0.6, 0.4]], rtol=1e-6)


def test_an_ensemble_averages_its_members_each_with_its_own_input(models, made_data):
    make_ensemble(["a", "b", "colour"], "three", made_data)
    joint, crops = emotion.load_classifier("three"), [*made_faces(3, 9), sample_image()[:80, :80]]
    members = [emotion.load_classifier(name).predict(crops) for name in ("a", "b", "colour")]
    np.testing.assert_allclose(np.exp(joint.logits(crops)), np.mean(members, axis=0), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(joint.predict(crops).sum(axis=1), 1, atol=1e-5)
    assert joint.predict([]).shape == (0, 8)
    with pytest.raises(ImageError):
        joint.predict([np.zeros((4, 4), np.float32)])


def test_its_card_sums_its_members(models, made_data):
    card = make_ensemble(["a", "colour"], "two", made_data, "Two")
    assert card == load_card("two")
    assert (card.title, card.members, card.file, card.labels) == ("Two", ("a", "colour"), "", FERPLUS_LABELS)
    assert (card.input_size, card.colour) == (64, "rgb")
    assert card.parameters == load_card("a").parameters + load_card("colour").parameters
    assert card.multiply_adds == 1001 + 1003
    assert card.training["hours"] == 3.0
    assert card.licence == "MIT"
    assert registry.file_bytes(card) == sum((models / name / "model.tflite").stat().st_size for name in card.members)
    with pytest.raises(ModelError, match="'two' is an ensemble"):
        registry.checked_model_file(card)


def test_snapshots_of_one_run_cost_its_hours_once(models, made_data):
    for name, run, hours in (("a", "long", 4.0), ("b", "long", 1.5), ("colour", "other", 2.0)):
        save_card(replace(load_card(name), training={"run": run, "hours": hours}), models / name)
    assert make_ensemble(["a", "b", "colour"], "three", made_data).training["hours"] == 6.0
    save_card(replace(load_card("b"), training={"run": "long", "hours": 1.5, "commit": "later"}), models / "b")
    assert make_ensemble(["a", "b", "colour"], "three", made_data).training["hours"] == 7.5
    save_card(replace(load_card("b"), training={"run": "long"}), models / "b")
    assert make_ensemble(["a", "b", "colour"], "three", made_data).training["hours"] is None


def test_a_replaced_member_is_noticed(models, made_data):
    make_ensemble(["a", "b"], "two", made_data)
    assert {finding.good for finding in doctor.examine() if finding.subject == "model two"} == {True}
    content = files.classifier(8, weights=np.zeros((8, 48 * 48), np.float32))
    (models / "a" / "model.tflite").write_bytes(content)
    with pytest.raises(ModelError, match=r"'a' expects model\.tflite with sha256"):
        emotion.load_classifier("two")
    exchanged = json.loads((models / "a" / "card.json").read_text())
    exchanged["sha256"] = sha256_of(models / "a" / "model.tflite")
    (models / "a" / "card.json").write_text(json.dumps(exchanged))
    with pytest.raises(ModelError, match="'two' expects members with joint sha256"):
        emotion.load_classifier("two")
    assert {finding.good for finding in doctor.examine() if finding.subject == "model two"} == {False}


@pytest.mark.parametrize(
    ("members", "name", "message"),
    [
        (["a"], "new", "at least two different members; got a"),
        (["a", "a"], "new", "at least two different members; got a, a"),
        (["a", "seven"], "new", r"expected members with the labels of a \(neutral, .*\); got seven"),
        (["a", "two"], "new", "expected members with a model file; got two"),
        (["a", "b"], "seven", "expected a name that is not taken; got 'seven'"),
        (["a", "b"], "default", "expected a name that is not taken; got 'default'"),
        (["a", "none"], "new", "got 'none'"),
    ],
)
def test_invalid_ensembles_are_refused(models, made_data, members, name, message):
    make_ensemble(["a", "b"], "two", made_data)
    with pytest.raises(ModelError, match=message):
        make_ensemble(members, name, made_data)
    assert not (models / "new").exists()


def test_an_ensemble_is_made_and_scored_by_commands(models, made_data, capsys):
    data = ["--data", str(made_data)]
    assert main(["ensemble", "--members", "a,b", "--name", "two", *data]) == 0
    assert "wrote two" in capsys.readouterr().out
    assert main(["evaluate", "--model", "two", *data]) == 0
    assert "coverage" in capsys.readouterr().out
    evaluation = json.loads((models / "two" / "evaluation.json").read_text())
    assert evaluation["sha256"] == load_card("two").sha256
    assert evaluation["float"] is None
    private = evaluation["int8"]["ferplus"]["private-test"]
    assert private["abstention"]["abstain_below"] == load_card("two").abstain_below
    assert private["coverage_curve"][0] == [1.0, private["accuracy"]]
    flipped = evaluation["flip"]["scores"]["ferplus"]["private-test"]
    assert flipped["gain"] == pytest.approx(flipped["accuracy"] - private["accuracy"])
    cost = evaluation["flip"]["cost"]
    assert cost["factor"] == pytest.approx(cost["ms_flipped"] / cost["ms"], abs=1e-3)
    assert cost["ms"] > 0
    # The same command creates it again, although its card exists.
    assert main(["ensemble", "--members", "a,b", "--name", "two", *data]) == 0


def test_the_analyzer_runs_an_ensemble(models, made_data):
    make_ensemble(["a", "colour"], "two", made_data)
    face = emotion.Analyzer("two").image(sample_image()).faces[0]
    assert face.probabilities is not None
    assert face.probabilities.sum() == pytest.approx(1, abs=1e-5)


def test_a_missing_threshold_is_chosen_on_the_validation_split(models, made_data):
    assert load_card("a").abstain_below == 0
    assert main(["evaluate", "--model", "a", "--data", str(made_data)]) == 0
    chosen = load_card("a").abstain_below
    assert 0 < chosen <= 1  # answers of random weights are mostly wrong
    save_card(ModelCard.from_dict(load_card("a").to_dict() | {"abstain_below": 0.123}), models / "a")
    assert main(["evaluate", "--model", "a", "--data", str(made_data)]) == 0
    assert load_card("a").abstain_below == 0.123
