"""Imports an external network, in one file or as JSON and HDF5, as a model with a card."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emotion.errors import LabelError, ModelError
from emotion.labels import FER2013_LABELS, FERPLUS_LABELS, LabelSet
from emotion.models.registry import sha256_of
from emotion.types import ModelCard
from emotion.vision.normalise import GREY, RGB
from training import provenance
from training.data.inputs import InputForm
from training.data.pipeline import read_role
from training.export.export import Source, write_model
from training.export.keras_pair import load_keras_pair, load_network
from training.export.licence import UNKNOWN_LICENCE
from training.recipes import EITHER, LABELS, Recipe

_USUAL_LABELS = {len(labels): labels for labels in (FER2013_LABELS, FERPLUS_LABELS)}


@dataclass(frozen=True, slots=True)
class NetworkFiles:
    """A network's files, and facts that they do not state.

    Attributes:
        architecture: JSON of Keras 1, 2 or 3; None if it is in the same file as the weights.
        weights: HDF5, or a ``.keras`` file.
        normalisation: Normalisation used in training; see ``emotion.vision.normalise``.
        classes: Meaning of the outputs in order; None for FER2013's order of seven or FER+'s of eight.
        licence: Terms of the weights; None if they are not known.
    """

    architecture: Path | None
    weights: Path
    normalisation: str
    classes: tuple[str, ...] | None = None
    licence: str | None = None


def import_network(files: NetworkFiles, name: str, title: str, data: Path) -> ModelCard:
    """Write ``data/models/<name>`` from an external network; on failure nothing is written.

    Args:
        files: The network's files and what they do not state.
        name: Folder name of the model.
        title: Name for people.
        data: Folder of a data set, for quantising and for the temperature.

    Raises:
        ModelError: The files cannot be read, or the network's input is not a square picture.
        LabelError: The number of classes differs from the number of outputs.
    """
    architecture = files.architecture
    model = load_network(files.weights) if architecture is None else load_keras_pair(architecture, files.weights)
    labels = _labels(model, files.classes)
    # FER+ is the only label set with contempt; networks without it are judged by the data set's own labels.
    targets = LABELS if set(labels) <= set(FER2013_LABELS) else EITHER
    recipe = Recipe(name=name, network=name, normalisation=files.normalisation, targets=targets, classes=labels)
    training = {
        "command": provenance.command(),
        "architecture": _record(architecture or files.weights),
        "weights": _record(files.weights),
    }
    licence = files.licence or UNKNOWN_LICENCE
    form = _form(model, files.normalisation)
    source = Source(model, form, LabelSet(name, labels), recipe, training, licence)
    return write_model(source, name, title, data, [read_role(data, "validation")])


def _record(file: Path) -> dict[str, str]:
    return {"file": file.name, "sha256": sha256_of(file)}


def _form(model: Any, normalisation: str) -> InputForm:
    shape = tuple(model.input_shape[1:])
    if len(shape) != 3 or shape[0] != shape[1] or not shape[0] or shape[2] not in {1, 3}:
        raise ModelError(f"expected a network of square pictures with 1 or 3 channels; its input is {shape}")
    return InputForm(shape[0], GREY if shape[2] == 1 else RGB, normalisation)


def _labels(model: Any, classes: tuple[str, ...] | None) -> tuple[str, ...]:
    outputs = int(model.output_shape[-1])
    labels = classes or _USUAL_LABELS.get(outputs, ())
    if len(labels) != outputs:
        raise LabelError(f"expected the {outputs} outputs' labels with --classes; got {len(labels)}")
    return labels
