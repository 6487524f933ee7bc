"""Tests for every registered network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

pytest.importorskip("tensorflow", reason="training needs TensorFlow")

import keras

from emotion.errors import ModelError
from emotion.vision.litert import LiteRTModel
from training.data.inputs import InputForm, predict_logits
from training.export.keras_pair import load_keras_pair, save_keras_pair
from training.export.quantise import to_int8
from training.fit.optimise import compile_for, phases
from training.networks import NETWORKS, build_network

FACES = 6
TYPICAL = 3
"""Number of faces for calibration; each takes seconds in the largest networks."""
KNOWN_PARAMETERS = {
    "vgg": (8, 1_915_432),
    "vgg-half": (8, 480_792),
    "resnet-se": (8, 2_826_940),
    "resvgg": (15, 2_728_111),
    "resvgg-half": (15, 688_223),
    "resvgg-half-pooled": (15, 681_823),
    "resvgg-half-plain": (15, 680_255),
    "baseline": (7, 4_346_631),
    "shallow": (7, 18_899_719),
    "deep": (7, 4_478_727),
    "compact49": (6, 9_246_081),
    "fourconv": (5, 833_157),
    "vgg16": (8, 14_718_792),
    "resnet50": (8, 23_604_104),
    "xception": (8, 20_877_872),
    "inceptionv3": (8, 21_819_176),
    "mobilenet": (8, 3_237_064),
    "mobilenetv2": (8, 2_268_232),
    "mobilenet-face": (15, 3_243_663),
    "mobilenet-fine": (15, 1_094_287),
    "mobilenet-slim": (15, 1_291_455),
}
"""Network → number of classes, and parameters with that many outputs."""

SMALLER = {name: 96 for name, spec in NETWORKS.items() if spec.input_size == 224 and name != "mobilenetv2"}
"""Input size at which the large networks are tested, px; they accept any size."""


@dataclass(frozen=True)
class Candidate:
    """A network after one training step, and faces to classify."""

    name: str
    model: Any
    form: InputForm
    images: np.ndarray
    before: list[np.ndarray]
    loss: float

    def logits(self) -> np.ndarray:
        return predict_logits(self.model, self.form, self.images)


@pytest.fixture(scope="module", params=NETWORKS)
def candidate(request):
    name = request.param
    keras.utils.set_random_seed(0)
    spec, classes = NETWORKS[name], KNOWN_PARAMETERS[name][0]
    size = SMALLER.get(name, spec.input_size)
    form = InputForm(size, spec.colour, spec.recipe.normalisation)
    images = np.random.default_rng(0).integers(0, 256, (FACES, 12, 12), np.uint8).repeat(4, 1).repeat(4, 2)
    model = build_network(name, classes, size)
    before = model.get_weights()
    compile_for(model, spec.recipe, phases(spec.recipe, pretrained=False)[0], steps=1)
    model.run_eagerly = True  # tracing a large network takes longer than one eager step
    loss = model.train_on_batch(form.prepare(images), np.eye(classes, dtype=np.float32)[np.arange(FACES) % classes])[0]
    yield Candidate(name, model, form, images, before, float(loss))
    keras.backend.clear_session()


def test_it_answers_with_float32_logits(candidate):
    logits = candidate.logits()
    assert (logits.shape, logits.dtype) == ((FACES, KNOWN_PARAMETERS[candidate.name][0]), np.float32)
    assert (logits < 0).any(), "expected logits, not probabilities"


def test_it_has_the_known_number_of_parameters(candidate):
    assert candidate.model.count_params() == KNOWN_PARAMETERS[candidate.name][1]


def test_a_step_has_a_finite_loss_and_changes_its_weights(candidate):
    after = candidate.model.get_weights()
    assert 0 < candidate.loss < 10
    assert all(np.isfinite(weight).all() for weight in after)
    changed = [not np.array_equal(*pair) for pair in zip(candidate.before, after, strict=True)]
    assert changed[0]
    assert changed[-1]


def test_batch_size_and_order_do_not_change_answers(candidate):
    faces = candidate.form.prepare(candidate.images)
    together = candidate.logits()
    scale = np.abs(together).max()
    alone = np.concatenate([candidate.model.predict_on_batch(face[None]) for face in faces[:2]])
    backwards = candidate.model.predict_on_batch(faces[::-1])
    np.testing.assert_allclose(alone, together[:2], atol=1e-4 * scale)
    np.testing.assert_allclose(backwards[::-1], together, atol=1e-4 * scale)


def test_the_keras_pair_round_trips(candidate, tmp_path):
    save_keras_pair(candidate.model, tmp_path)
    again = load_keras_pair(tmp_path / "architecture.json", tmp_path / "weights.h5")
    known = candidate.logits()
    answers = again(candidate.form.prepare(candidate.images), training=False)
    np.testing.assert_allclose(answers, known, atol=1e-4 * np.abs(known).max())


def test_the_int8_file_agrees_and_is_int8_throughout(candidate, tmp_path):
    file = tmp_path / "model.tflite"
    file.write_bytes(to_int8(candidate.model, candidate.form, candidate.images[:TYPICAL]))
    model = LiteRTModel(file)
    int8 = np.concatenate([model(face[None])[0] for face in candidate.form.prepare(candidate.images)])
    assert np.corrcoef(int8.ravel(), candidate.logits().ravel())[0, 1] > 0.95
    assert number_types(file) <= {np.int8, np.int32}, "an operation is computed in float"


def number_types(file):
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    plain = OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    interpreter = Interpreter(model_path=str(file), experimental_op_resolver_type=plain)
    return {detail["dtype"] for detail in interpreter.get_tensor_details() if detail["name"]}


def test_the_baseline_has_the_published_layers():
    baseline = build_network("baseline", 7)
    assert baseline.count_params() == 4_346_631
    assert sum(int(np.prod(weight.shape)) for weight in baseline.trainable_weights) == 4_343_175


def test_an_unknown_name_is_refused():
    with pytest.raises(ModelError, match="expected a network from vgg, vgg-half, resnet-se"):
        build_network("none", 8)
