"""Initial weights, checks and searches on a small scale, with the real commands."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("tensorflow", reason="training needs TensorFlow")

import keras

from emotion.errors import InputError, ModelError
from emotion.models.registry import load_card
from tests.training.made_models import install
from training.cli.main import main
from training.evaluation.check import check
from training.export import export as export_module
from training.fit.checkpoints import RunFolder
from training.fit.pretrained import load_keras_weights
from training.fit.snapshots import load_averaged
from training.fit.train import RunOptions, train
from training.networks import NETWORKS, build_network, find_network
from training.networks.spec import PRETRAINED_END, NetworkSpec
from training.recipes import transfer_recipe


def build_tiny(input_shape, classes):
    inputs = keras.Input(input_shape)
    features = keras.layers.BatchNormalization(name="norm")(keras.layers.Conv2D(4, 3, name="convolution")(inputs))
    features = keras.layers.GlobalAveragePooling2D(name=PRETRAINED_END)(features)
    return keras.Model(inputs, keras.layers.Dense(classes, name="logits")(features))


@pytest.fixture
def tiny(monkeypatch):
    """A network with a pretrained part, registered for one test."""
    recipe = transfer_recipe("tiny", "symmetric")
    recipe = replace(recipe, epochs=2, frozen_epochs=1, batch_size=8)
    spec = NetworkSpec("tiny", "Tiny", build_tiny, recipe, input_size=32, colour="rgb", pretrained=True)
    monkeypatch.setitem(NETWORKS, "tiny", spec)
    return spec


@pytest.fixture
def backbone_file(tiny, tmp_path):
    """Weights as keras.applications publishes them: without the head, in the old layout."""
    keras.utils.set_random_seed(1)
    model = build_network("tiny", 8)
    file = tmp_path / "tiny_notop.h5"
    keras.Model(model.inputs, model.get_layer(PRETRAINED_END).output).save(file, include_optimizer=False)
    return file


def weights_after(run, epoch, layer):
    model = load_averaged(run, epoch)
    return [np.asarray(weight) for weight in model.get_layer(layer).get_weights()]


def test_initial_weights_are_frozen_then_tuned_except_batch_norms(tiny, backbone_file, made_data, tmp_path):
    runs, options = tmp_path / "runs", RunOptions(weights=backbone_file)
    head_only = RunFolder(train(replace(tiny.recipe, epochs=1), made_data, runs, name="head", options=options))
    whole = RunFolder(train(tiny.recipe, made_data, runs, options=options))
    given = build_network("tiny", 8)
    assert "without its head" in load_keras_weights(given, backbone_file)
    kernel = given.get_layer("convolution").get_weights()[0]
    np.testing.assert_array_equal(weights_after(head_only, 1, "convolution")[0], kernel)
    assert not np.array_equal(weights_after(whole, 2, "convolution")[0], kernel)
    for settled, known in zip(weights_after(whole, 2, "norm"), given.get_layer("norm").get_weights(), strict=True):
        np.testing.assert_array_equal(settled, known)
    history = pd.read_csv(whole.path / "history.csv")
    assert history["learning_rate"].tolist() == pytest.approx([1e-3, 1e-4])
    assert whole.settings()["weights"]["file"] == backbone_file.name


def test_unsuitable_weights_are_refused(made_data, backbone_file, tmp_path):
    with pytest.raises(ModelError, match=r"expected weights for all of baseline in tiny_notop.h5"):
        load_keras_weights(build_network("baseline", 7), backbone_file)
    with pytest.raises(InputError, match="expected a file of weights"):
        train(find_network("fourconv").recipe, made_data, tmp_path, options=RunOptions(weights=tmp_path / "none.h5"))


@pytest.mark.parametrize("versions", [0, 1])
def test_unsuitable_weights_are_refused_before_teachers_answer(
    versions, made_data, backbone_file, tmp_path, monkeypatch
):
    monkeypatch.setenv("EMOTION_MODELS", str(tmp_path / "models"))
    install(tmp_path / "models", "teacher", 1)
    recipe = find_network("fourconv").recipe
    recipe = replace(recipe, classes=(), targets="votes", teachers=("teacher",), teacher_versions=versions)
    with pytest.raises(ModelError, match="expected weights for all of fourconv"):
        train(recipe, made_data, tmp_path, options=RunOptions(weights=backbone_file))
    assert not (tmp_path / "fourconv").exists()


def test_a_subset_from_training_to_evaluation_and_its_pair_back_in(made_data, tmp_path, monkeypatch):
    monkeypatch.setenv("EMOTION_MODELS", str(tmp_path / "models"))
    monkeypatch.setattr(export_module, "MIN_AGREEMENT", 0.0)
    monkeypatch.setattr(export_module, "REPRESENTATIVE_FACES", 8)
    data = ["--data", str(made_data)]
    train_three = ["train", "--model", "fourconv", "--classes", "angry,Neutral,sad", "--epochs", "1", *data]
    assert main([*train_three, "--runs", str(tmp_path), "--class-weights", "balanced", "--batch-size", "8"]) == 0
    assert main(["export", "--run", str(tmp_path / "fourconv"), *data]) == 0
    assert main(["evaluate", "--model", "fourconv", *data]) == 0
    folder = tmp_path / "models" / "fourconv"
    scores = json.loads((folder / "evaluation.json").read_text())["int8"]
    assert set(scores) == {"fer2013-anger-sadness-neutral", "ferplus-neutral-sadness-anger"}
    card = load_card("fourconv")
    assert card.labels == ("anger", "neutral", "sadness")

    pair = ["--architecture", str(folder / "architecture.json"), "--weights", str(folder / "weights.h5")]
    known = ["--classes", ",".join(card.labels), "--normalisation", card.normalisation]
    assert main(["import", *pair, *known, "--name", "again", *data]) == 0
    again = load_card("again")
    assert (again.parameters, again.labels, again.input_size) == (card.parameters, card.labels, 48)
    assert main(["import", *pair, "--name", "again", *data]) == 2


def test_only_a_network_that_learns_passes_the_check(made_data):
    recipe = replace(find_network("fourconv").recipe, classes=(), targets="votes")
    assert [finding.passed for finding in check(recipe, made_data, steps=150)] == [True, True]
    stuck = check(replace(recipe, learning_rate=1e-12), made_data, steps=2)
    assert [finding.passed for finding in stuck] == [True, False]


def test_a_search_stores_its_study_and_continues(made_data, tmp_path, capsys):
    command = ["search", "--model", "fourconv", "--data", str(made_data), "--runs", str(tmp_path), "--epochs", "1"]
    assert main([*command, "--trials", "1"]) == 0
    assert main([*command, "--trials", "2", "--minutes", "5"]) == 0
    assert "2 trials of fourconv" in capsys.readouterr().out
    assert (tmp_path / "search.sqlite3").is_file()
    assert {folder.name for folder in (tmp_path / "search-fourconv").iterdir()} == {"trial-0000", "trial-0001"}


def test_missing_tensorboard_is_named(made_data, tmp_path, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(InputError, match="expected the package tensorboard"):
        train(find_network("fourconv").recipe, made_data, tmp_path, options=RunOptions(tensorboard=True))
