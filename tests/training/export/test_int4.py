"""Dense kernels in 4 bits: rounding, packing, and LiteRT's results."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("tensorflow", reason="training needs TensorFlow")

import keras
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.tools import flatbuffer_utils

from emotion.models.registry import checked_model_files, load_card, shipped_models
from emotion.vision.litert import LiteRTModel
from training.data.inputs import InputForm, predict_logits
from training.export.export import LARGEST_FILE_BYTES
from training.export.int4 import fit_under, pack, round_rows
from training.export.quantise import to_int8

FORM = InputForm(5, "grey", "unit")
IMAGES = np.random.default_rng(0).integers(0, 256, (64, 5, 5), np.uint8)
FACES = FORM.prepare(IMAGES)


def dense_network(side, *units):
    """Return a network of dense layers with biases; later outputs have larger weights."""
    keras.utils.set_random_seed(0)
    # Default names count up across tests, which would change the length of the file.
    features = inputs = keras.Input((side, side, 1), name="face")
    features = keras.layers.Flatten(name="flat")(features)
    for place, each in enumerate(units[:-1]):
        features = keras.layers.Dense(each, activation="relu", name=f"dense{place}")(features)
    model = keras.Model(inputs, keras.layers.Dense(units[-1], name="logits")(features), name="made")
    rng = np.random.default_rng(1)
    for layer in model.layers[2:]:
        fan_in, fan_out = layer.kernel.shape
        kernel = rng.normal(0, fan_in**-0.5, (fan_in, fan_out)) * np.linspace(0.3, 3, fan_out)
        layer.set_weights([kernel.astype(np.float32), rng.normal(0, 0.3, fan_out).astype(np.float32)])
    return model


@pytest.fixture(scope="module")
def network():
    """A network with kernels of 25×9, 9×7 and 7×3 weights, all odd numbers."""
    return dense_network(5, 9, 7, 3)


@pytest.fixture(scope="module")
def int8(network):
    return to_int8(network, FORM, IMAGES)


def first_dense(file):
    """Return tensors of the first dense layer (input, kernel, bias, output), and the integers of kernel and bias."""
    model = flatbuffer_utils.read_model_from_bytearray(file)
    graph = model.subgraphs[0]
    operator = next(operator for operator in graph.operators if len(operator.inputs) == 3)
    tensors = [graph.tensors[index] for index in (*operator.inputs, *operator.outputs)]
    kernel, bias = (np.asarray(model.buffers[tensor.buffer].data) for tensor in tensors[1:3])
    return tensors, kernel_codes(tensors[1], kernel), bias.view(np.int32)


def kernel_codes(tensor, data):
    """Return the integers of a kernel, (outputs, inputs); 4-bit ones are hexadecimal digits, low digit first."""
    if tensor.type == schema.TensorType.INT8:
        return data.view(np.int8).reshape(tensor.shape).astype(int)
    digits = [int(digit, 16) for byte in data.tobytes() for digit in reversed(f"{byte:02x}")]
    count = int(np.prod(tensor.shape))
    assert len(digits) == count + count % 2
    return np.array([digit - 16 * (digit > 7) for digit in digits[:count]]).reshape(tensor.shape)


def answered_by_arithmetic(file, faces):
    """Return the answer of a file with one dense layer by integer arithmetic (Jacob et al. 2018, 2.2), and its step."""
    (source, kernel, bias, answer), codes, shifts = first_dense(file)
    values = np.rint(faces.reshape(len(faces), -1) / source.quantization.scale[0])
    sums = np.clip(values, -128 - source.quantization.zeroPoint[0], 127 - source.quantization.zeroPoint[0]) @ codes.T
    np.testing.assert_allclose(bias.quantization.scale, source.quantization.scale * kernel.quantization.scale, 1e-5)
    unit, zero = answer.quantization.scale[0], answer.quantization.zeroPoint[0]
    steps = np.rint((sums + shifts) * bias.quantization.scale / unit)
    return np.clip(steps, -128 - zero, 127 - zero) * unit, unit


def answers(file, faces, folder, threads=1):
    path = folder / "model.tflite"
    path.write_bytes(file)
    model = LiteRTModel(path, threads)
    return np.concatenate([model(face[None])[0] for face in faces])


def test_exact_rows_and_zero_rows_are_kept():
    codes = np.array([[126, -126, 18, 36, 0], [0, 0, 0, 0, 0]], np.int8)
    rounded, steps = round_rows(codes, np.random.default_rng(0).random((8, 5), np.float32))
    np.testing.assert_array_equal(rounded, [[7, -7, 1, 2, 0], [0, 0, 0, 0, 0]])
    assert steps[0] == 18


def test_large_weights_are_clipped_only_for_rare_inputs():
    codes = np.array([[127, 20, -13, 7, 11, -17]], np.int8)
    read = np.random.default_rng(0).random((32, 6), np.float32)
    _, steps = round_rows(codes, read)
    _, fine_steps = round_rows(codes, read * np.array([0, 1, 1, 1, 1, 1], np.float32))
    assert fine_steps[0] < 127 / 7 / 2 < steps[0] <= 127 / 7 + 1e-3


def test_two_codes_share_a_byte():
    np.testing.assert_array_equal(pack(np.array([[1, -1, 7]], np.int8)), [0xF1, 0x07])
    np.testing.assert_array_equal(pack(np.array([[-7, 2], [0, -1]], np.int8)), [0x29, 0xF0])


def test_kernels_have_a_scale_per_output_and_approximate_the_weights(network, int8):
    file, kernels = fit_under(int8, FACES, len(int8) - 1)
    (_, kernel, _, _), codes, _ = first_dense(file)
    scales, weights = kernel.quantization.scale, network.layers[2].get_weights()[0].T
    assert kernels == [(25, 9)]
    assert np.abs(codes).max() == 7
    assert scales.max() > 5 * scales.min()
    off = np.abs(codes * scales[:, None] - weights) / scales[:, None]
    kept = np.abs(codes) < 7
    # Half a step, and half a step of the rounded int8 kernel.
    assert off[kept].max() < 0.5 + 0.5 * 7 / 127 / 0.3
    assert kept.mean() > 0.8


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("side", [4, 5])
def test_litert_matches_the_arithmetic(side, threads, tmp_path):
    """Rows of 16 weights, and of 25, where every second row begins in the middle of a byte."""
    form = InputForm(side, FORM.colour, FORM.normalisation)
    faces = form.prepare(IMAGES)
    int8 = to_int8(dense_network(side, 7), form, IMAGES)
    file, kernels = fit_under(int8, faces, len(int8) - 1)
    assert kernels == [(side**2, 7)]
    expected, unit = answered_by_arithmetic(file, faces)
    np.testing.assert_allclose(answers(file, faces, tmp_path, threads), expected, atol=1.01 * unit)


def test_a_4_bit_file_agrees_with_the_float_network(network, int8, tmp_path):
    file, kernels = fit_under(int8, FACES, len(int8) - 25 * 9 // 2 - 9 * 7 // 2)
    assert kernels == [(25, 9), (9, 7)]
    logits = predict_logits(network, FORM, IMAGES)
    assert np.corrcoef(answers(file, FACES, tmp_path).ravel(), logits.ravel())[0, 1] > 0.98


def test_files_that_fit_or_cannot_fit_are_unchanged(int8):
    for limit in (len(int8) + 1, len(int8) // 2):
        assert fit_under(int8, FACES, limit) == (int8, [])


def test_every_shipped_file_is_under_the_size_limit():
    files = [file for name in shipped_models() for file in checked_model_files(load_card(name))]
    assert max(file.stat().st_size for file in files) < LARGEST_FILE_BYTES
