"""Restoring a network from an int8 file: same answers, matching batch norms."""

from __future__ import annotations

import contextlib
import io
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

pytest.importorskip("tensorflow", reason="training needs TensorFlow")

from emotion.errors import ModelError
from emotion.labels import FERPLUS
from emotion.models.registry import load_card, model_dir
from training.cli.main import main
from training.data.pipeline import load_training_data
from training.export import export as export_module
from training.export.export import export
from training.export.licence import LICENCE
from training.fit.batch_norm import batch_norm_batches
from training.fit.checkpoints import RunFolder
from training.fit.from_tflite import start_from_tflite
from training.fit.snapshots import load_averaged
from training.fit.train import train
from training.networks import NETWORKS, build_network, find_network
from training.networks.resvgg import build_resvgg
from training.networks.spec import NetworkSpec
from training.recipes import Recipe

# Enough epochs to memorise the synthetic faces, because near ties would not test agreement.
RECIPE = Recipe(
    name="tiny", network="tiny", epochs=10, batch_size=4, targets="both", learning_rate=0.02, average_decay=0
)
OTHER_HEAD = slice(8, 15)


@pytest.fixture(scope="module", autouse=True)
def networks():
    with pytest.MonkeyPatch.context() as patch:
        for name, build in (
            ("tiny", partial(build_resvgg, width=0.125, name="tiny")),
            ("pooled", partial(build_resvgg, width=0.125, by_place=False, name="pooled")),
            ("twin", partial(build_resvgg, width=0.125, name="twin")),
        ):
            patch.setitem(NETWORKS, name, NetworkSpec(name, name, build, replace(RECIPE, name=name, network=name)))
        patch.setattr(export_module, "MIN_AGREEMENT", 0.0)
        yield


@pytest.fixture(scope="module")
def run(networks, made_data, tmp_path_factory):
    with contextlib.redirect_stdout(io.StringIO()):
        return RunFolder(train(RECIPE, made_data, tmp_path_factory.mktemp("runs")))


@pytest.fixture(scope="module")
def shipped(run, made_data, tmp_path_factory):
    """The first head of the run, exported as an int8 model."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EMOTION_MODELS", str(tmp_path_factory.mktemp("models")))
        export(run, "shipped", made_data, head=FERPLUS.name)
        yield model_dir("shipped") / "model.tflite"


@pytest.fixture(scope="module")
def form():
    return find_network("tiny").form(RECIPE)


@pytest.fixture(scope="module")
def examples(made_data, form):
    return load_training_data(made_data, RECIPE, form).train


@pytest.fixture(scope="module")
def faces(examples, form):
    return np.concatenate([*batch_norm_batches(examples, form)])


def test_the_restored_network_matches_the_original(run, shipped, examples, form, faces):
    model = build_network("tiny", 15)
    fresh = model.layers[-1].get_weights()
    assert start_from_tflite(model, shipped, examples, form) == (
        "weights of tiny but for heads of other labels from model.tflite"
    )
    answers, known = (np.asarray(one(faces, training=False)) for one in (model, load_averaged(run)))
    first = slice(0, OTHER_HEAD.start)
    assert np.abs(answers[:, first] - known[:, first]).max() < 0.1 * known[:, first].std()
    for values, before in zip(model.layers[-1].get_weights(), fresh, strict=True):
        np.testing.assert_array_equal(values[..., OTHER_HEAD], before[..., OTHER_HEAD])


def test_batch_norm_statistics_match_the_data(shipped, examples, form, faces):
    model = build_network("tiny", 15)
    start_from_tflite(model, shipped, examples, form)
    model.get_layer(index=-2).rate = 0  # dropout
    answers, learning = (np.asarray(model(faces, training=training)) for training in (False, True))
    assert np.abs(answers - learning).max() < 0.02 * answers.std()
    lengths = [
        np.sqrt((layer.get_weights()[0] ** 2).sum(axis=(0, 1, 2)))
        for layer in model.layers
        if layer.name.startswith("conv2d") and not layer.use_bias
    ]
    assert len(lengths) == 10
    np.testing.assert_allclose(np.concatenate(lengths), np.sqrt(2), rtol=1e-3)


def test_a_file_of_another_network_is_refused(shipped, examples, form, tmp_path):
    with pytest.raises(ModelError, match=r"exported from pooled; model\.tflite has other layers"):
        start_from_tflite(build_network("pooled", 15), shipped, examples, form)
    text = tmp_path / "text.tflite"
    text.write_text("text")
    with pytest.raises(ModelError, match=r"expected a \.tflite model in text\.tflite; it cannot be read"):
        start_from_tflite(build_network("tiny", 15), text, examples, form)


def test_a_file_of_equal_layers_with_other_answers_is_refused(shipped, examples, form):
    """Its feature maps are shifted by half a picture, which a table of layers does not show."""
    other = build_network("twin", 15)
    for layer in other.layers:
        if layer.name.startswith("max_pooling2d"):
            layer.strides, layer.pool_size = (2, 2), (1, 1)
    with pytest.raises(ModelError, match=r"twin with its weights agrees on \d+% of \d+ faces"):
        start_from_tflite(other, shipped, examples, form)


def test_training_starts_from_a_file_and_inherits_its_terms(shipped, made_data, tmp_path, capsys):
    command = ["train", "--model", "tiny", "--epochs", "1", "--data", str(made_data), "--runs", str(tmp_path)]
    assert main([*command, "--weights", str(shipped)]) == 0
    assert "weights of tiny but for heads of other labels from model.tflite" in capsys.readouterr().out
    run = RunFolder(tmp_path / "tiny")
    assert export(run, "tuned", made_data).licence == load_card("shipped").licence == LICENCE
    assert run.settings()["weights"]["sha256"] == load_card("shipped").sha256
