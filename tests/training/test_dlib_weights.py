"""A network that starts from dlib's weights: it computes what dlib's would, and a training's card says so."""

from __future__ import annotations

import contextlib
import importlib.util
import io
from dataclasses import replace

import cv2
import numpy as np
import pytest

pytest.importorskip("tensorflow", reason="training needs TensorFlow")

import keras

from emotion.errors import InputError, ModelError
from emotion.registry import sha256_of
from emotion.vision.normalise import UNIT
from training import export as export_module
from training.dlib_weights import SHA256, installed_dlib_weights, read_dlib, start_from_dlib
from training.export import LICENCE_AFTER_DLIB, Choice, export
from training.inputs import InputForm
from training.material import load_material
from training.networks import build_network, find_network
from training.networks.dlib_resnet import STAGES
from training.recipes import Recipe
from training.run_folder import RunFolder
from training.train import train

RECIPE = replace(find_network("dlib-resnet").recipe, name="tiny", epochs=1, batch_size=16, teachers=())


@pytest.fixture(scope="module")
def file():
    return installed_dlib_weights()


@pytest.fixture(scope="module")
def examples(made_data):
    return load_material(made_data, RECIPE, find_network("dlib-resnet").form(RECIPE)).train


@pytest.fixture(scope="module")
def started(file, examples):
    model = build_network("dlib-resnet", 15)
    form = InputForm(48, "grey", UNIT)
    said = start_from_dlib(model, file, examples, form)
    assert said == "weights of the convolutions of dlib-resnet from dlib_face_recognition_resnet_model_v1.dat"
    return model, form


def test_the_package_carries_the_file_that_is_free_of_terms(file):
    assert sha256_of(file) == SHA256
    layers = read_dlib(file)
    assert len(layers) == 29
    assert layers[0].kernel.shape == (7, 7, 3, 32)
    assert layers[-1].kernel.shape == (3, 3, 256, 256)
    # Norms of a network that was trained keep its maps at a size that the next layer can use.
    assert all(0.01 < np.abs(layer.bias).max() < 10 for layer in layers)


def test_the_stem_computes_what_dlibs_does_of_a_face_twice_as_large(started, file, examples):
    model, form = started
    face = examples.images[0]
    stem = next(layer for layer in model.layers if isinstance(layer, keras.layers.ReLU))
    maps = np.asarray(keras.Model(model.input, stem.input)(form.prepare(face[None])))[0]
    large = cv2.resize(face.astype(np.float32), (96, 96), interpolation=cv2.INTER_LINEAR)
    coloured = (np.stack([large] * 3, axis=-1) - [122.782, 117.001, 104.298]) / 256
    first = read_dlib(file)[0]
    for row, column in ((8, 8), (20, 31), (40, 3)):
        window = coloured[2 * row : 2 * row + 7, 2 * column : 2 * column + 7]
        known = np.einsum("yxc,yxcf->f", window, first.kernel) + first.bias
        np.testing.assert_allclose(maps[row + 1, column + 1], known, atol=2e-4)


def test_its_blocks_compute_what_dlibs_do(started, file, examples):
    """From the stem's maps on, with plain convolutions of the file's weights in the place of layers and norms."""
    model, form = started
    faces = form.prepare(examples.images[:2])
    pool = next(layer for layer in model.layers if isinstance(layer, keras.layers.MaxPooling2D))
    last = [layer for layer in model.layers if isinstance(layer, keras.layers.ReLU)][-1]
    maps, answers = keras.Model(model.input, [pool.output, last.output])(faces)
    rest = iter(read_dlib(file)[1:])
    for filters, blocks, stride in STAGES:
        for block in range(blocks):
            step = 1 if block else stride
            maps = _block(maps, filters, step, next(rest), next(rest))
    np.testing.assert_allclose(answers, maps, atol=1e-3 * float(np.abs(maps).max()))


def _block(maps, filters, step, first, second):
    change = keras.ops.relu(keras.ops.conv(maps, first.kernel, step, "same") + first.bias)
    change = keras.ops.conv(change, second.kernel, 1, "same") + second.bias
    kept = keras.ops.average_pool(maps, step, step) if step > 1 else maps
    new = np.zeros((*kept.shape[:3], filters - kept.shape[3]), np.float32)
    return keras.ops.relu(keras.ops.concatenate([kept, new], axis=-1) + change)


def test_other_files_and_networks_are_refused(file, examples, tmp_path):
    form = find_network("dlib-resnet").form(RECIPE)
    with pytest.raises(ModelError, match=r"expected the network dlib-resnet for the weights in dlib_face.*; got resvgg"):
        start_from_dlib(build_network("resvgg", 15), file, examples, form)
    text, cut = tmp_path / "text.dat", tmp_path / "cut.dat"
    text.write_text("text")
    with pytest.raises(ModelError, match=r"expected convolutions with norms behind them in text\.dat; got 0 layers"):
        read_dlib(text)
    cut.write_bytes(file.read_bytes()[:50_000])
    with pytest.raises(ModelError, match=r"expected a network of dlib in cut\.dat"):
        read_dlib(cut)
    with pytest.raises(ModelError, match=r"expected a network of dlib in none\.dat"):
        read_dlib(tmp_path / "none.dat")


def test_without_the_package_it_says_what_to_install(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(InputError, match="expected the package face-recognition-models"):
        installed_dlib_weights()
    with pytest.raises(InputError, match="in recipe other; got 'torch'"):
        Recipe(name="other", network="dlib-resnet", start="torch")


def test_a_training_starts_from_them_and_its_card_says_so(made_data, tmp_path, monkeypatch):
    monkeypatch.setenv("EMOTION_MODELS", str(tmp_path / "models"))
    monkeypatch.setattr(export_module, "LEAST_AGREEMENT", 0.0)
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        run = RunFolder(train(RECIPE, made_data, tmp_path / "runs"))
    assert "weights of the convolutions of dlib-resnet from dlib_face" in said.getvalue()
    assert run.settings()["weights"] == {"file": "dlib_face_recognition_resnet_model_v1.dat", "sha256": SHA256}
    card = export(run, "knows-faces", made_data, choice=Choice(head="ferplus"))
    assert card.licence == LICENCE_AFTER_DLIB
    assert card.training["recipe"]["start"] == "dlib"
