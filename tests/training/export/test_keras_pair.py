"""Pairs of JSON and H5 files: exported ones, those of Keras 1 and 2, and refused ones."""

from __future__ import annotations

import json

import numpy as np
import pytest

pytest.importorskip("tensorflow", reason="training needs TensorFlow")

import h5py
import keras

from emotion.errors import ModelError
from training.export.keras_pair import load_keras_pair, save_keras_pair, with_softmax

FACES = np.random.default_rng(0).random((4, 8, 8, 1), np.float32)


def layer(kind, name, **config):
    return {"class_name": kind, "config": {"name": name, "trainable": True, **config}}


KERAS_2 = {
    "class_name": "Sequential",
    "keras_version": "2.2.4",
    "config": {
        "name": "sequential_1",
        "layers": [
            layer(
                "Conv2D", "c", batch_input_shape=[None, 8, 8, 1], filters=3, kernel_size=[3, 3], padding="same",
                activation="relu", data_format="channels_last", kernel_regularizer=None,
                kernel_initializer={"class_name": "VarianceScaling", "config": {"scale": 1.0, "seed": None}},
            ),
            layer("BatchNormalization", "b", axis=-1, momentum=0.99, epsilon=0.001, center=True, scale=True),
            layer("MaxPooling2D", "m", pool_size=[2, 2], strides=[2, 2], padding="valid"),
            layer("Dropout", "o", rate=0.25, noise_shape=None, seed=None),
            layer("Flatten", "f"),
            layer("Dense", "d", units=4, activation="softmax", use_bias=True),
        ],
    },
}  # fmt: skip
KERAS_1 = {
    "class_name": "Sequential",
    "config": [
        layer(
            "Convolution2D", "c", batch_input_shape=[None, 8, 8, 1], nb_filter=3, nb_row=3, nb_col=3,
            border_mode="same", subsample=[1, 1], bias=True, dim_ordering="tf", activation="relu", init="normal",
        ),
        layer("BatchNormalization", "b", axis=-1, momentum=0.99, epsilon=0.001, mode=0),
        layer("MaxPooling2D", "m", pool_size=[2, 2], strides=[2, 2], border_mode="valid", dim_ordering="tf"),
        layer("Dropout", "o", p=0.25),
        layer("Flatten", "f"),
        layer("Dense", "d", output_dim=4, activation="linear", bias=True),
        layer("Activation", "s", activation="softmax"),
    ],
}  # fmt: skip


def functional(sequential):
    """Return the layers in the format that Keras 2 writes for a functional network."""
    layers = sequential["config"]["layers"]
    entry = {"class_name": "InputLayer", "name": "i", "inbound_nodes": []}
    entry["config"] = {"batch_input_shape": [None, 8, 8, 1]}
    names = ["i", *(part["config"]["name"] for part in layers)]
    nodes = [part | {"name": name} for part, name in zip(layers, names[1:], strict=True)]
    chained = [node | {"inbound_nodes": [[[before, 0, 0, {}]]]} for node, before in zip(nodes, names, strict=False)]
    ends = {"input_layers": [["i", 0, 0]], "output_layers": [["d", 0, 0]]}
    return {"class_name": "Model", "config": {"name": "m", "layers": [entry, *chained], **ends}}


@pytest.fixture(scope="module")
def network():
    """The network that all three old architectures describe, with weights that differ from initial ones."""
    keras.utils.set_random_seed(0)
    inputs = keras.Input((8, 8, 1))
    features = keras.layers.BatchNormalization(name="b")(
        keras.layers.Conv2D(3, 3, padding="same", activation="relu", name="c")(inputs)
    )
    features = keras.layers.Flatten()(keras.layers.MaxPooling2D(2)(features))
    model = keras.Model(inputs, keras.layers.Dense(4, name="d")(features))
    rng = np.random.default_rng(0)
    model.set_weights([rng.random(weight.shape).astype(np.float32) for weight in model.get_weights()])
    return model


@pytest.fixture
def weights(network, tmp_path):
    """A file with only the weights, in the layout of Keras 1 and 2."""
    save_keras_pair(network, tmp_path)
    with h5py.File(tmp_path / "weights.h5") as whole, h5py.File(tmp_path / "model.h5", "w") as alone:
        alone.attrs["layer_names"] = list("cbd")
        for name in "bcd":
            whole.copy(f"model_weights/{name}", alone)
    return tmp_path / "model.h5"


def written(folder, config):
    file = folder / "model.json"
    file.write_text(config if isinstance(config, str) else json.dumps(config))
    return file


def test_an_exported_pair_has_a_softmax_and_is_read_back_as_logits(network, tmp_path):
    save_keras_pair(network, tmp_path)
    twin = keras.models.model_from_json((tmp_path / "architecture.json").read_text())
    twin.load_weights(tmp_path / "weights.h5")
    np.testing.assert_allclose(twin.predict(FACES, verbose=0).sum(axis=1), 1, rtol=1e-5)
    again = load_keras_pair(tmp_path / "architecture.json", tmp_path / "weights.h5")
    np.testing.assert_allclose(again.predict(FACES, verbose=0), network.predict(FACES, verbose=0), rtol=1e-5)


@pytest.mark.parametrize("config", [KERAS_2, KERAS_1, functional(KERAS_2)], ids=["keras-2", "keras-1", "functional"])
def test_old_pairs_are_read_as_logits(network, weights, tmp_path, config):
    model = load_keras_pair(written(tmp_path, config), weights)
    np.testing.assert_allclose(model.predict(FACES, verbose=0), network.predict(FACES, verbose=0), rtol=1e-5)


def spoiled(**changes):
    first, *others = KERAS_2["config"]["layers"]
    return {"class_name": "Sequential", "config": [{**first, **changes}, *others]}


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ("no json", "expected a network's JSON"),
        ({"class_name": "Zoo", "config": {}}, "Sequential or functional network; got 'Zoo'"),
        (spoiled(class_name="Lambda"), "expected layers from .* got 'Lambda'"),
        (spoiled(config={"batch_input_shape": [None, 8, 8, 1], "dim_ordering": "th"}), "expected channels last"),
        ({"class_name": "Sequential", "config": []}, "reading it failed"),
        ({"class_name": "system", "module": "os", "config": "true"}, "Keras' own layers only; got system of os"),
    ],
)
def test_unknown_layers_are_refused(weights, tmp_path, config, message):
    with pytest.raises(ModelError, match=message):
        load_keras_pair(written(tmp_path, config), weights)


def test_code_in_a_layer_is_never_run(weights, tmp_path):
    trap = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Lambda(lambda faces: faces)])
    with pytest.raises(ModelError, match="Lambda"):
        load_keras_pair(written(tmp_path, trap.to_json()), weights)


def test_weights_of_another_network_are_refused(network, weights, tmp_path):
    other = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Flatten(), keras.layers.Dense(4)])
    with pytest.raises(ModelError, match=r"expected weights of model.json in model.h5"):
        load_keras_pair(written(tmp_path, other.to_json()), weights)
    assert with_softmax(network).layers[-1].activation is keras.activations.softmax
