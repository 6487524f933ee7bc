"""Kernels rounded with compensation: codes that the converter keeps, and smaller errors."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter

from training.data.inputs import InputForm
from training.export.quantise import to_int8
from training.export.rounding import can_be_rounded, round_rows, rounded
from training.networks import build_network
from training.networks.layers import bounded

pytestmark = pytest.mark.training


@pytest.fixture
def random() -> np.random.Generator:
    return np.random.default_rng(5)


def codes_of(weights: np.ndarray) -> np.ndarray:
    return weights / (np.abs(weights).max(axis=1, keepdims=True) / 127)


def nearest(weights: np.ndarray) -> np.ndarray:
    steps = np.abs(weights).max(axis=1, keepdims=True) / 127
    return np.rint(weights / steps) * steps


def test_independent_inputs_are_rounded_to_the_nearest_step(random: np.random.Generator) -> None:
    weights = random.normal(size=(4, 9))
    assert round_rows(weights, np.eye(9)) == pytest.approx(nearest(weights))


def test_weights_compensate_for_each_other(random: np.random.Generator) -> None:
    weights = random.normal(size=(16, 9))
    inputs = random.normal(size=(2000, 1)) + 0.2 * random.normal(size=(2000, 9))
    found = round_rows(weights, inputs.T @ inputs)
    wrong, plain = (np.square(inputs @ (each - weights).T).mean() for each in (found, nearest(weights)))
    assert wrong < 0.35 * plain


def test_codes_are_whole_and_the_largest_weight_keeps_its_own(random: np.random.Generator) -> None:
    weights = random.normal(size=(16, 9))
    weights[3] = 0
    inputs = random.normal(size=(500, 1)) + 0.1 * random.normal(size=(500, 9))
    found = round_rows(weights, inputs.T @ inputs)
    assert not found[3].any()
    kept = [row for row in range(16) if row != 3]
    codes = codes_of(found[kept])
    assert codes == pytest.approx(np.rint(codes), abs=1e-6)
    largest = np.abs(weights[kept]).argmax(axis=1)
    places = np.arange(len(kept)), largest
    assert found[kept][places] == pytest.approx(weights[kept][places])


def small_network() -> keras.Model:
    keras.utils.set_random_seed(3)
    inputs = keras.Input((16, 16, 1))
    maps = keras.layers.BatchNormalization()(keras.layers.Conv2D(8, 3, 2, padding="same", use_bias=False)(inputs))
    maps = keras.layers.DepthwiseConv2D(3, padding="same", use_bias=False)(bounded(maps))
    maps = keras.layers.Conv2D(12, 1, use_bias=False)(bounded(keras.layers.BatchNormalization()(maps)))
    maps = keras.layers.GlobalAveragePooling2D()(bounded(keras.layers.BatchNormalization()(maps)))
    return keras.Model(inputs, keras.layers.Dense(5)(maps))


def spread(model: keras.Model, random: np.random.Generator) -> None:
    """Give batch norms statistics and shifts as after training."""
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            size = layer.gamma.shape
            gamma, variance = random.uniform(0.5, 3, size), random.uniform(0.2, 1, size)
            layer.set_weights([gamma, random.normal(size=size), random.normal(0, 0.2, size), variance])


FORM = InputForm(16, "grey", "standardise")


@pytest.fixture
def model(random: np.random.Generator) -> keras.Model:
    model = small_network()
    spread(model, random)
    return model


@pytest.fixture
def faces(random: np.random.Generator) -> np.ndarray:
    """Smooth pictures, whose neighbouring pixels are alike."""
    noise = random.normal(size=(200, 16, 16)).cumsum(axis=1).cumsum(axis=2)
    return np.clip(128 + 8 * noise, 0, 255).astype(np.uint8)


def open_int8(model: keras.Model, faces: np.ndarray) -> Interpreter:
    interpreter = Interpreter(model_content=to_int8(model, FORM, faces))
    interpreter.allocate_tensors()
    return interpreter


def answers_of(interpreter: Interpreter, faces: np.ndarray) -> np.ndarray:
    entry, out = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    (step, zero), (out_step, out_zero) = entry["quantization"], out["quantization"]
    found = []
    for face in FORM.prepare(faces):
        codes = np.clip(np.rint(face / step) + zero, -128, 127).astype(np.int8)
        interpreter.set_tensor(entry["index"], codes[None])
        interpreter.invoke()
        found.append((interpreter.get_tensor(out["index"])[0].astype(np.float32) - out_zero) * out_step)
    return np.array(found)


def test_the_int8_file_answers_more_like_its_parent(model: keras.Model, faces: np.ndarray) -> None:
    before = [each.copy() for each in model.get_weights()]
    copy = rounded(model, FORM.prepare(faces[:100]))
    assert all((now == then).all() for now, then in zip(model.get_weights(), before, strict=True)), "the parent is kept"
    exact = np.asarray(model(FORM.prepare(faces[100:])))
    wrong, plain = (
        np.square(answers_of(open_int8(each, faces[:100]), faces[100:]) - exact).mean() for each in (copy, model)
    )
    assert wrong < 0.7 * plain


def test_the_converter_keeps_the_codes(model: keras.Model, faces: np.ndarray) -> None:
    copy = rounded(model, FORM.prepare(faces))
    interpreter = open_int8(copy, faces)
    [stored] = [
        interpreter.get_tensor(each["index"]).reshape(12, 8)
        for each in interpreter.get_tensor_details()
        if tuple(each["shape"]) == (12, 1, 1, 8)
    ]
    [layer] = [each for each in copy.layers if getattr(each, "kernel_size", None) == (1, 1)]
    codes = np.rint(codes_of(np.asarray(layer.kernel).reshape(8, 12).T))
    assert (stored == codes).all()


def test_only_depthwise_chains_are_rounded() -> None:
    assert can_be_rounded(build_network("mobilenet-slim", 8))
    assert not can_be_rounded(build_network("resvgg", 8)), "has shortcuts"
    assert not can_be_rounded(build_network("shallow", 7)), "has no depthwise kernels"
