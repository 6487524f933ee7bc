"""One exam that every registered network passes."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("tensorflow", reason="training needs TensorFlow")

import keras

from emotion.errors import ModelError
from emotion.vision.litert import LiteRTModel
from training.cost import multiply_adds
from training.networks import NETWORKS, build_network
from training.quantise import to_int8

SHAPE = (48, 48, 1)
CLASSES = 8
KNOWN_PARAMETERS = {"vgg": 1_915_432}
INT8_OPERATIONS = {"CONV_2D", "DEPTHWISE_CONV_2D", "MAX_POOL_2D", "AVERAGE_POOL_2D", "MEAN", "FULLY_CONNECTED", "ADD"}


@pytest.fixture(scope="module", params=sorted(NETWORKS))
def name(request):
    return request.param


@pytest.fixture(scope="module")
def network(name):
    keras.utils.set_random_seed(0)
    return build_network(name, SHAPE, CLASSES)


@pytest.fixture(scope="module")
def faces():
    return np.random.default_rng(0).normal(size=(12, *SHAPE)).clip(-4, 4).astype(np.float32)


def test_it_answers_with_float32_logits(network, faces):
    logits = network.predict(faces, verbose=0)
    assert (logits.shape, logits.dtype) == ((12, CLASSES), np.float32)
    assert (logits < 0).any(), "expected logits, not probabilities"


def test_its_parameters_are_as_known(name, network):
    assert network.count_params() == KNOWN_PARAMETERS[name]


def test_batch_size_and_order_change_no_answer(network, faces):
    together = network.predict(faces, verbose=0)
    alone = np.concatenate([network.predict(face[None], verbose=0) for face in faces[:4]])
    order = np.random.default_rng(1).permutation(len(faces))
    shuffled = network.predict(faces[order], verbose=0)
    np.testing.assert_allclose(alone, together[:4], atol=1e-4)
    np.testing.assert_allclose(shuffled, together[order], atol=1e-4)


def test_its_int8_file_agrees_with_it_and_is_int8_throughout(network, faces, tmp_path):
    file = tmp_path / "model.tflite"
    file.write_bytes(to_int8(network, faces))
    model = LiteRTModel(file)
    int8 = np.concatenate([model(face[None])[0] for face in faces])
    parent = network.predict(faces, verbose=0)
    assert np.corrcoef(int8.ravel(), parent.ravel())[0, 1] > 0.98
    assert operations(file) <= INT8_OPERATIONS, "a batch norm was not folded, or a cast crept in"


def operations(file):
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    plain = OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    interpreter = Interpreter(model_path=str(file), experimental_op_resolver_type=plain)
    return {operation["op_name"] for operation in interpreter._get_ops_details()}


def test_a_step_changes_weights_and_a_round_trip_does_not(name, faces, tmp_path):
    model = build_network(name, SHAPE, CLASSES)
    before = [weight.copy() for weight in model.get_weights()]
    loss = keras.losses.CategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(0.1), loss=loss, jit_compile=False)
    model.train_on_batch(faces, np.full((12, CLASSES), 1 / CLASSES, np.float32))
    assert all(np.isfinite(weight).all() for weight in model.get_weights())
    assert not np.array_equal(before[0], model.get_weights()[0])

    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras", safe_mode=True)
    np.testing.assert_array_equal(again.predict(faces, verbose=0), model.predict(faces, verbose=0))
    model.save_weights(tmp_path / "model.weights.h5")
    twin = keras.models.model_from_json(model.to_json())
    twin.load_weights(tmp_path / "model.weights.h5")
    np.testing.assert_array_equal(twin.predict(faces, verbose=0), model.predict(faces, verbose=0))


def test_multiply_adds_by_hand():
    inputs = keras.Input((8, 8, 3))
    features = keras.layers.Conv2D(4, 3, strides=2, padding="same")(inputs)
    features = keras.layers.SeparableConv2D(6, 3, padding="same")(features)
    model = keras.Model(inputs, keras.layers.Dense(5)(keras.layers.GlobalAveragePooling2D()(features)))
    by_hand = 4 * 4 * (9 * 3 * 4) + 4 * 4 * (9 * 4 + 4 * 6) + 6 * 5
    assert multiply_adds(model) == by_hand


def test_an_unknown_name_is_refused():
    with pytest.raises(ModelError, match="expected a network out of vgg"):
        build_network("none", SHAPE, CLASSES)
