"""Starting from face-recognition weights: read from the package, for one grey channel."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("tensorflow", reason="training needs TensorFlow")

import keras

from emotion.errors import InputError, ModelError
from emotion.labels import FERPLUS
from tests.training.conftest import made_faces
from training.data.inputs import InputForm
from training.data.targets import Examples, Head
from training.fit import pretrained_faces
from training.fit.pretrained_faces import MODEL, PACKAGE_FILE, WEIGHTS, is_face_package, start_from_face_package
from training.networks import build_network
from training.networks.mobilenet_face import ARCHITECTURE

FORM = InputForm(32, "grey", "standardise")


def made_weights() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(5)
    weights = {
        "conv1/convolution/merged_input": rng.normal(0, 0.004, (3, 3, 3, 32)),
        "conv1_bn/batchnorm_1/sub": rng.normal(0, 0.5, 32),
    }
    before = 32
    for block, (channels, _) in enumerate(ARCHITECTURE, start=1):
        weights |= {
            f"conv_dw_{block}/depthwise_kernel": rng.normal(0, 0.3, (3, 3, before, 1)),
            f"conv_dw_{block}_bn/batchnorm_1/mul": rng.uniform(0.5, 1.5, before),
            f"conv_dw_{block}_bn/batchnorm_1/sub": rng.normal(0, 0.3, before),
            f"conv_pw_{block}/convolution/merged_input": rng.normal(0, before**-0.5, (1, 1, before, channels)),
            f"conv_pw_{block}_bn/batchnorm_1/sub": rng.normal(0.2, 0.3, channels),
        }
        before = channels
    return {name: values.astype(np.float32) for name, values in weights.items()}


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, np.ndarray]]:
    weights = made_weights()
    entries = [{"name": name, "shape": list(values.shape), "dtype": "float32"} for name, values in weights.items()]
    contents = {
        MODEL: json.dumps({"weightsManifest": [{"weights": entries}]}).encode(),
        WEIGHTS: b"".join(values.tobytes() for values in weights.values()),
    }
    file = tmp_path_factory.mktemp("package") / PACKAGE_FILE
    with tarfile.open(file, "w:gz") as archive:
        for name, content in contents.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return file, weights


@pytest.fixture(scope="module")
def examples() -> Examples:
    truth = (np.arange(128) % 8).astype(np.int8)
    return Examples(made_faces(128, 9), (Head(FERPLUS, np.eye(8, dtype=np.float32)[truth], truth),))


def original(weights: dict[str, np.ndarray], faces: np.ndarray) -> np.ndarray:
    """Build the package's network as published: three colours, folded batch norms, no head."""
    inputs = keras.Input(faces.shape[1:])

    def apply(layer, features, kernel, bias):
        layer.build(features.shape)
        layer.set_weights([kernel, bias])
        return keras.layers.ReLU(max_value=6.0)(layer(features))

    first = keras.layers.Conv2D(32, 3, 2, padding="same")
    features = apply(first, inputs, weights["conv1/convolution/merged_input"], weights["conv1_bn/batchnorm_1/sub"])
    for block, (channels, stride) in enumerate(ARCHITECTURE, start=1):
        scale = weights[f"conv_dw_{block}_bn/batchnorm_1/mul"]
        depthwise = weights[f"conv_dw_{block}/depthwise_kernel"] * scale[:, None]
        shift = weights[f"conv_dw_{block}_bn/batchnorm_1/sub"]
        features = apply(keras.layers.DepthwiseConv2D(3, stride, padding="same"), features, depthwise, shift)
        pointwise = weights[f"conv_pw_{block}/convolution/merged_input"]
        shift = weights[f"conv_pw_{block}_bn/batchnorm_1/sub"]
        features = apply(keras.layers.Conv2D(channels, 1), features, pointwise, shift)
    return keras.Model(inputs, keras.layers.GlobalAveragePooling2D()(features)).predict(faces, verbose=0)


def test_the_network_starts_with_the_packages_features(package, examples, monkeypatch):
    file, weights = package
    digest = hashlib.sha256(b"".join(values.tobytes() for values in weights.values())).hexdigest()
    monkeypatch.setattr(pretrained_faces, "WEIGHTS_SHA256", digest)
    model = build_network("mobilenet-face", 8, 32)
    summary = start_from_face_package(model, file, examples, FORM)
    assert "except its head" in summary
    faces = FORM.prepare(examples.images[:16])
    pooled = keras.Model(model.inputs, model.layers[-1].input)
    expected = original(weights, np.repeat(60 * faces, 3, axis=3))
    assert expected.std() > 0.01
    np.testing.assert_allclose(pooled.predict(faces, verbose=0), expected, atol=0.05 * expected.std())


def test_other_files_and_networks_are_refused(package, examples, tmp_path):
    file, _ = package
    assert is_face_package(file)
    model = build_network("mobilenet-face", 8, 32)
    with pytest.raises(InputError, match="npm pack"):
        start_from_face_package(model, tmp_path / PACKAGE_FILE, examples, FORM)
    with pytest.raises(InputError, match="sha256"):
        start_from_face_package(model, file, examples, FORM)
    (tmp_path / PACKAGE_FILE).write_bytes(b"no archive")
    with pytest.raises(InputError, match="expected vladmandic"):
        start_from_face_package(model, tmp_path / PACKAGE_FILE, examples, FORM)


def test_another_network_is_refused(package, examples, monkeypatch):
    file, weights = package
    digest = hashlib.sha256(b"".join(values.tobytes() for values in weights.values())).hexdigest()
    monkeypatch.setattr(pretrained_faces, "WEIGHTS_SHA256", digest)
    with pytest.raises(ModelError, match="other layers"):
        start_from_face_package(build_network("vgg-half", 8), file, examples, FORM)
