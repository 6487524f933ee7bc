"""Whole networks in one file, written by Keras 1, 2 and 3, and atomic imports."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest

pytest.importorskip("tensorflow", reason="training needs TensorFlow")

import h5py
import keras

from emotion.errors import ModelError
from training.cli.main import main
from training.export.keras_pair import load_keras_pair, load_network, save_keras_pair, with_softmax
from training.export.legacy_keras import build_old_architecture

FACES = np.random.default_rng(0).random((4, 16, 16, 1), np.float32)


def network(ending):
    """Return a small network that ends in pooling and a softmax, or in a dense layer."""
    keras.utils.set_random_seed(0)
    inputs = keras.Input((16, 16, 1))
    features = keras.layers.SeparableConv2D(4, 3, padding="same", use_bias=False)(inputs)
    features = keras.layers.BatchNormalization()(features)
    twin = keras.layers.Conv2D(4, 1)(inputs)
    features = keras.layers.Activation("relu")(keras.layers.Add()([features, twin]))
    if ending == "dense":
        logits = keras.layers.Dense(7)(keras.layers.Flatten()(features))
    else:
        logits = keras.layers.GlobalAveragePooling2D()(keras.layers.Conv2D(7, 3)(features))
    softmax = keras.layers.Softmax() if ending == "layer" else keras.layers.Activation("softmax")
    return keras.Model(inputs, softmax(logits)), keras.Model(inputs, logits)


@pytest.mark.parametrize("ending", ["dense", "pooling", "layer"])
@pytest.mark.parametrize("name", ["net.h5", "net.hdf5", "net.keras", "net", "checkpoint.best"])
def test_a_whole_file_gives_logits_under_any_name(tmp_path, ending, name):
    model, logits = network(ending)
    first = tmp_path / ("first.h5" if name.endswith(("5", "best")) else "first.keras")
    model.save(first)
    shutil.move(first, tmp_path / name)
    again = load_network(tmp_path / name)
    np.testing.assert_allclose(again.predict(FACES, verbose=0), logits.predict(FACES, verbose=0), atol=1e-5)
    np.testing.assert_allclose(
        with_softmax(again).predict(FACES, verbose=0), model.predict(FACES, verbose=0), atol=1e-5
    )


def test_a_network_ending_in_pooling_round_trips_as_a_pair(tmp_path):
    _, logits = network("pooling")
    save_keras_pair(logits, tmp_path)
    again = load_keras_pair(tmp_path / "architecture.json", tmp_path / "weights.h5")
    np.testing.assert_allclose(again.predict(FACES, verbose=0), logits.predict(FACES, verbose=0), atol=1e-5)


def test_theano_kernels_are_flipped(tmp_path):
    model, logits = network("dense")
    model.save(tmp_path / "net.h5")
    with h5py.File(tmp_path / "net.h5", "a") as file:
        file.attrs["backend"] = "theano"
    again = load_network(tmp_path / "net.h5")
    kernels = [
        [layer.kernel.numpy() for layer in one.layers if type(layer) is keras.layers.Conv2D] for one in (logits, again)
    ]
    for before, after in zip(*kernels, strict=True):
        np.testing.assert_array_equal(before[::-1, ::-1], after)


def test_a_network_in_a_network_of_keras_2_is_rebuilt():
    def layer(kind, name, **config):
        return {"class_name": kind, "config": {"name": name, **config}}

    inner = {"class_name": "Sequential", "config": {"name": "base", "layers": [
        layer("Conv2D", "c", batch_input_shape=[None, 8, 8, 1], filters=2, kernel_size=[3, 3]),
        layer("GlobalAveragePooling2D", "g"),
    ]}}  # fmt: skip
    inner["config"]["batch_input_shape"] = [None, 8, 8, 1]
    outer = {"class_name": "Sequential", "config": {"name": "s", "layers": [inner, layer("Dense", "d", units=3)]}}
    model = build_old_architecture(outer)
    assert model.output_shape == (None, 3)
    assert "base" in {one.name for one in model.layers}


@pytest.mark.parametrize(
    ("write", "words"),
    [
        (lambda file: network("dense")[0].save_weights(file.with_suffix(".weights.h5")), "holds weights alone: give"),
        (lambda file: file.with_suffix(".weights.h5").write_bytes(b"nothing of Keras"), "that Keras saved as"),
        (lambda file: file.with_suffix(".weights.h5").write_bytes(b"PK\x03\x04 cut"), "cannot be read"),
        (lambda file: file.with_suffix(".weights.h5").mkdir(), "it is a folder; save the network as one file"),
        (lambda file: None, "there is no such file"),
    ],
    ids=["weights", "text", "half a zip", "folder", "missing"],
)
def test_other_files_are_refused_in_a_sentence(tmp_path, write, words):
    write(tmp_path / "net")
    with pytest.raises(ModelError, match=words):
        load_network(tmp_path / "net.weights.h5")


def test_a_whole_file_as_architecture_names_the_right_option(tmp_path):
    network("dense")[0].save(tmp_path / "net.h5")
    with pytest.raises(ModelError, match="is given with --model"):
        load_keras_pair(tmp_path / "net.h5", tmp_path / "net.h5")


def test_code_in_a_whole_file_is_never_run(tmp_path):
    trap = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Lambda(lambda faces: faces), keras.layers.Flatten()])
    for name in ("trap.h5", "trap.keras"):
        trap.save(tmp_path / name)
        with pytest.raises(ModelError, match="Lambda"):
            load_network(tmp_path / name)


def test_non_finite_weights_are_refused(tmp_path):
    model, _ = network("dense")
    model.layers[-2].bias.assign(np.full(7, np.nan))
    model.save(tmp_path / "net.h5")
    with pytest.raises(ModelError, match=r"finite weights in net.h5"):
        load_network(tmp_path / "net.h5")


@pytest.mark.parametrize("arguments", [[], ["--architecture", "a.json"], ["--model", "a.h5", "--weights", "b.h5"]])
def test_the_command_requires_exactly_one_kind_of_input(arguments, capsys):
    assert main(["import", "--name", "n", *arguments]) == 2
    assert "expected a network as --model FILE, or as --architecture JSON" in capsys.readouterr().err


def test_an_import_that_fails_leaves_nothing_behind(tmp_path, made_data, monkeypatch, capsys):
    monkeypatch.setenv("EMOTION_MODELS", str(tmp_path / "models"))
    network("pooling")[0].save(tmp_path / "net.h5")
    options = ["import", "--model", str(tmp_path / "net.h5"), "--name", "strangers"]
    assert main([*options, "--data", str(tmp_path / "no-data")]) == 2
    # This fails after the file is written and measured.
    monkeypatch.setattr("training.export.export.MIN_AGREEMENT", 1.1)
    assert main([*options, "--data", str(made_data)]) == 2
    assert "answer alike" in capsys.readouterr().err
    assert not list((tmp_path / "models").iterdir())
    monkeypatch.undo()
    monkeypatch.setenv("EMOTION_MODELS", str(tmp_path / "models"))
    assert main([*options, "--data", str(made_data)]) == 0
    (folder,) = (tmp_path / "models").iterdir()
    assert json.loads((folder / "card.json").read_text())["training"]["weights"]["file"] == "net.h5"
