"""Saves and loads networks as a Keras pair, ``architecture.json`` and ``weights.h5``, and as single files.

Pairs end with a softmax, as their users expect. Networks of this project return logits, which calibration and int8
need, so the softmax is added when a pair is saved and removed when one is loaded.
"""

from __future__ import annotations

import contextlib
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras

from emotion.errors import ModelError
from training.export.hdf5_file import config_inside, is_of_theano, weights_file
from training.export.legacy_keras import build_old_architecture, is_old_architecture
from training.fit.finite_check import expect_finite

ARCHITECTURE_FILE = "architecture.json"
WEIGHTS_FILE = "weights.h5"


def save_keras_pair(model: Any, folder: Path) -> None:
    """Write a network's layers and weights, with a softmax at the end.

    The weights are in the HDF5 layout that ``load_weights("weights.h5")`` reads.

    Args:
        model: A Keras model whose last layer is a dense layer of logits.
        folder: An existing folder.
    """
    twin = with_softmax(model)
    # The compile config names this project's loss, which other readers do not have.
    layers = {key: value for key, value in json.loads(twin.to_json()).items() if key != "compile_config"}
    text = json.dumps(layers, indent=1)
    (folder / ARCHITECTURE_FILE).write_text(text + "\n", encoding="utf-8")
    with _no_format_advice():
        twin.save(folder / WEIGHTS_FILE, include_optimizer=False)


def load_keras_pair(architecture: Path, weights: Path) -> Any:
    """Read a pair written by Keras 1, 2 or 3; nothing in the files is executed.

    Args:
        architecture: File with the result of ``to_json()``.
        weights: HDF5 file written by ``save_weights()``.

    Returns:
        A Keras model of one input, whose output is logits.

    Raises:
        ModelError: A file is missing or damaged, they do not belong together, or the network has
            parts that cannot be rebuilt without running code from the file.
    """
    try:
        config = json.loads(architecture.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        hint = "; a whole network in one file is given with --model" if _is_whole(architecture) else ""
        raise ModelError(f"expected a network's JSON in {architecture.name}: {_first_line(error)}{hint}") from error
    return _filled(config, weights, architecture.name)


def load_network(file: Path) -> Any:
    """Read a whole network from one file of Keras 1, 2 or 3; nothing in the file is executed.

    Args:
        file: HDF5 (``.h5``, ``.hdf5``) with the architecture inside, or ``.keras``; its content counts, not its name.

    Returns:
        A Keras model of one input, whose output is logits.

    Raises:
        ModelError: As for :func:`load_keras_pair`, or the file only has weights.
    """
    config = config_inside(file)
    if config is None:
        raise ModelError(
            f"expected a whole network in {file.name}; it holds weights alone: give what to_json() wrote as well, "
            "with --architecture"
        )
    return _filled(config, file, file.name)


def _is_whole(file: Path) -> bool:
    try:
        return config_inside(file) is not None
    except ModelError:
        return False


def _filled(config: Any, weights: Path, name: str) -> Any:
    """Return a network with the weights of a file, without its softmax."""
    model = _build(config)
    if len(model.inputs) != 1 or len(model.outputs) != 1 or len(model.output_shape) != 2:
        raise ModelError(f"expected a network of one picture and one row of scores; got outputs {model.output_shape}")
    try:
        with weights_file(weights) as file:
            model.load_weights(file)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(f"expected weights of {name} in {weights.name}: {_first_line(error)}") from error
    if is_of_theano(weights):
        _turn_kernels(model)
    expect_finite(model, weights.name)
    return without_softmax(model)


def _turn_kernels(model: Any) -> None:
    """Rotate convolution kernels by 180°, since Theano computes convolutions others correlations."""
    for layer in model.layers:
        if type(layer) in {keras.layers.Conv1D, keras.layers.Conv2D, keras.layers.Conv2DTranspose}:
            kernel, *others = layer.get_weights()
            layer.set_weights([kernel[::-1, ::-1] if kernel.ndim == 4 else kernel[::-1], *others])


def with_softmax(model: Any) -> Any:
    """Return a copy of a network of logits with a softmax at the end."""
    last = model.layers[-1]
    if not hasattr(last, "activation"):  # such as pooling
        return keras.Model(model.inputs, keras.layers.Softmax(name="softmax")(model.outputs[0]))

    def copy(layer: Any) -> Any:
        changed = {"activation": "softmax"} if layer is last else {}
        return type(layer).from_config(layer.get_config() | changed)

    twin = keras.models.clone_model(model, clone_function=copy)
    twin.set_weights(model.get_weights())
    return twin


def without_softmax(model: Any) -> Any:
    """Remove a network's final softmax, if it has one, and return the network; its last layer may be changed."""
    last = model.layers[-1]
    ends = isinstance(last, keras.layers.Softmax) or (
        isinstance(last, keras.layers.Activation) and last.activation is keras.activations.softmax
    )
    if ends:
        return keras.Model(model.inputs, last.input)
    if getattr(last, "activation", None) is keras.activations.softmax:
        last.activation = keras.activations.linear
    return model


def _build(config: Any) -> Any:
    if is_old_architecture(config):
        return build_old_architecture(config)
    _expect_keras_only(config)
    try:
        return keras.models.model_from_json(json.dumps(config))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ModelError(f"expected a network that Keras can rebuild; {_first_line(error)}") from error


def _expect_keras_only(config: Any) -> None:
    """Refuse JSON that names anything outside Keras, before Keras imports it."""
    if isinstance(config, dict):
        module = config.get("module")
        if isinstance(module, str) and module.split(".")[0] not in {"keras", "builtins"}:
            raise ModelError(f"expected Keras' own layers only; got {config.get('class_name')} of {module}")
    for part in config.values() if isinstance(config, dict) else config if isinstance(config, list) else ():
        _expect_keras_only(part)


@contextlib.contextmanager
def _no_format_advice() -> Iterator[None]:
    """Silence Keras' advice to use another format, since a pair needs the old one."""
    logger = logging.getLogger("absl")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
