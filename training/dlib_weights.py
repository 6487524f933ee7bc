"""A start from dlib's face recognition network, which learned from three million photographs to tell people apart.

What tells faces apart is of use for reading them, and 27,000 faces are too few to learn it from. The weights are free
of terms (CC0); the package ``face-recognition-models`` carries them. Their file is dlib's own form of serialising:
each integer with a byte before it that says how many follow, arrays with their four dimensions before them.

Source of the network and its weights: D. E. King, "High Quality Face Recognition with Deep Metric Learning", 2017.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

from emotion.errors import InputError, ModelError
from emotion.types import FloatArray
from training.batch_norm import settling_batches
from training.folded import Folded, fill, norms_behind, unfold
from training.inputs import InputForm
from training.targets import Examples

DLIB_SUFFIX = ".dat"
SHA256 = "55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30"
"""Of the one file that is known to be free of terms."""

_PACKAGE, _FILE = "face_recognition_models", "models/dlib_face_recognition_resnet_model_v1.dat"
_LAYER = re.compile(rb"\x01\x05con_4|\x01\x07affine_")
"""Where a convolution or its folded norm begins: the length of the name, and the name."""

_ARRAY = 2
"""dlib's version of arrays whose values are stored as 4-byte floats."""

_MEANS = np.array([122.782, 117.001, 104.298], np.float32)
_SCALE = 256
"""The network took (pixel − mean of its colour) / 256 with pixels of 0–255."""

_TWICE = np.array(
    [
        [0.25, 0.75, 0, 0, 0],
        [0, 0.75, 0.25, 0, 0],
        [0, 0.25, 0.75, 0, 0],
        [0, 0, 0.75, 0.25, 0],
        [0, 0, 0.25, 0.75, 0],
        [0, 0, 0, 0.75, 0.25],
        [0, 0, 0, 0.25, 0.75],
    ],
    np.float32,
)
"""Seven neighbours, the first one even, in a picture enlarged twice, out of five in the picture (bilinear)."""


def installed_dlib_weights() -> Path:
    """Return the file that the package of requirements-dev.txt carries.

    Raises:
        InputError: The package is not installed.
    """
    # Importing it would need more than the file.
    found = importlib.util.find_spec(_PACKAGE)
    if found is None or not found.submodule_search_locations:
        raise InputError(
            "expected the package face-recognition-models, whose weights this recipe starts from; "
            "install it with `pip install -r requirements-dev.txt`"
        )
    return Path(found.submodule_search_locations[0]) / _FILE


def start_from_dlib(model: Any, file: Path, examples: Examples, form: InputForm) -> str:
    """Fill the convolutions of ``dlib-resnet`` with dlib's weights; what comes after them starts anew.

    Args:
        model: The network.
        file: dlib's.
        examples: Training faces, on which batch norms are measured.
        form: What the network is fed.

    Returns:
        What was filled, for people.

    Raises:
        ModelError: The file holds another network, or the model is another one.
    """
    layers = [layer for layer in model.layers if type(layer) is keras.layers.Conv2D]
    first, *others = read_dlib(file)[: len(layers)]
    stored = [_stem(first, examples, form), *others]
    if [layer.kernel.shape for layer in layers] != [one.kernel.shape for one in stored]:
        raise ModelError(f"expected the network dlib-resnet for the weights in {file.name}; got {model.name}")
    norms = dict(norms_behind(model))
    for layer, one in zip(layers, stored, strict=True):
        fill(layer, one, norms[layer.name])
    unfold(model, {layer.name: norms[layer.name] for layer in layers}, [*settling_batches(examples, form)])
    return f"weights of the convolutions of {model.name} from {file.name}"


def read_dlib(file: Path) -> list[Folded]:
    """Return a network's convolutions, each with the norm behind it folded in, in the order of computing.

    Args:
        file: A network in dlib's form, of convolutions that are followed by norms.

    Raises:
        ModelError: The file is none.
    """
    try:
        content = file.read_bytes()
        found = [_Reader(content, match.end()).layer(match.group()) for match in _LAYER.finditer(content)]
    except (OSError, ValueError, IndexError) as error:
        raise ModelError(f"expected a network of dlib in {file.name}; {error}") from error
    if not found or len(found) % 2:
        raise ModelError(f"expected convolutions with norms behind them in {file.name}; got {len(found)} layers")
    return [_folded(*pair) for pair in zip(found[::2], found[1::2], strict=True)]


class _Reader:
    """Reads one layer from a place of a file on."""

    def __init__(self, content: bytes, place: int) -> None:
        self._content = content
        self._place = place

    def layer(self, name: bytes) -> tuple[FloatArray, Sequence[int]]:
        """Return all values of a layer, and of a convolution its filters, height and width."""
        values = self._array()
        return values, [self._integer() for _ in range(3)] if name.endswith(b"con_4") else []

    def _array(self) -> FloatArray:
        version, *shape = (self._integer() for _ in range(5))
        if version != _ARRAY or min(shape) < 0:
            raise ValueError(f"an array of version {version} and shape {shape} is in it")
        values = np.frombuffer(self._content, "<f4", int(np.prod(shape)), self._place)
        self._place += values.nbytes
        return values

    def _integer(self) -> int:
        control = self._content[self._place]
        start, self._place = self._place + 1, self._place + 1 + (control & 0x0F)
        value = int.from_bytes(self._content[start : self._place], "little")
        return -value if control & 0x80 else value


def _folded(convolution: tuple[FloatArray, Sequence[int]], norm: tuple[FloatArray, Sequence[int]]) -> Folded:
    """Put a convolution's kernel and bias, and the scale and shift behind them, into one kernel and bias."""
    values, (filters, height, width) = convolution
    scale, shift = np.split(norm[0], 2)
    kernel, bias = values[:-filters], values[-filters:]
    kernel = kernel.reshape(filters, -1, height, width).transpose(2, 3, 1, 0)
    return Folded(scale * kernel, scale * bias + shift)


def _stem(first: Folded, examples: Examples, form: InputForm) -> Folded:
    """Make a 5×5 convolution of a grey face out of one of 7×7, in steps of two, of a coloured face twice as large.

    The larger face would be this one, enlarged bilinearly, with the same grey as red, green and blue.
    """
    kernel = first.kernel.sum(axis=2, keepdims=True) / _SCALE
    kernel = np.einsum("yi,yxcf,xj->ijcf", _TWICE, kernel, _TWICE)
    bias = first.bias - np.einsum("yxcf,c->f", first.kernel, _MEANS) / _SCALE
    slope, level = _grey_of(examples, form)
    return Folded(
        np.asarray(slope * kernel, np.float32), np.asarray(bias + level * kernel.sum(axis=(0, 1, 2)), np.float32)
    )


def _grey_of(examples: Examples, form: InputForm) -> tuple[float, float]:
    """Return slope and level of the line that leads from what the network is fed to pixels of 0–255."""
    faces = examples.images[:1000]
    slope, level = np.polyfit(form.prepare(faces).ravel(), faces.astype(np.float32).ravel(), 1)
    return float(slope), float(level)
