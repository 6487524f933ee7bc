"""Exports a run as a model: the int8 file, its card and history, and the float network in every usual form."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from emotion.errors import DatasetError, InputError, ModelError
from emotion.labels import FERPLUS, LabelSet
from emotion.models.registry import HISTORY_FILE, models_dir, save_card, sha256_of
from emotion.types import FloatArray, ModelCard
from emotion.vision.classify import LiteRTClassifier
from emotion.vision.normalise import mirrored
from training.data.inputs import InputForm, predict_logits
from training.data.pipeline import read_role
from training.data.targets import examples_of
from training.datasets.face_set import FaceSet
from training.datasets.readers.parquet import default_faces_dir
from training.evaluation.calibrate import calibrate_card, images_of, read_validation_sets, truth_for
from training.evaluation.cost import multiply_adds
from training.evaluation.evaluate import KERAS_FILE
from training.export.class_bias import class_biases, fold_biases
from training.export.int4 import FACES, INT4_KERNELS, fit_under
from training.export.keras_pair import save_keras_pair
from training.export.licence import licence_of
from training.export.quantise import to_int8
from training.export.rounding import can_be_rounded, rounded
from training.fit.checkpoints import RunFolder
from training.fit.finite_check import expect_finite
from training.fit.losses import columns_of
from training.fit.snapshots import heads_of, load_averaged, recipe_of
from training.networks import find_network
from training.recipes import Recipe

MODEL_FILE = "model.tflite"
REPRESENTATIVE_FACES, ROUNDING_FACES = 600, 300
MIN_AGREEMENT = 0.9
"""Share of validation faces on which int8 and float must agree; well-behaved networks reach 0.97."""

LARGEST_FILE_BYTES = 10_000_000
"""Upper limit of a .tflite file's size, so that it can be committed; larger ones get 4-bit dense kernels."""

_OWN_COUNTS = ("read", "leaked", "without_target", "used")
"""Counts of the data set itself in a run's record; the others are those of extra sets."""


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """A trained network and what its card states about it.

    Attributes:
        model: A Keras model of logits.
        form: Form of its input.
        label_set: Meaning of its outputs.
        recipe: Says how validation targets are made.
        training: The card's training record.
        licence: Terms of its weights.
    """

    model: Any
    form: InputForm
    label_set: LabelSet
    recipe: Recipe
    training: dict[str, Any]
    licence: str


def export(
    run: RunFolder,
    name: str,
    data: Path,
    title: str | None = None,
    *,
    epoch: int | None = None,
    head: str | None = None,
    faces: Path | None = None,
) -> ModelCard:
    """Write ``data/models/<name>`` from a run, finished or interrupted.

    Args:
        run: The run.
        name: Folder name of the model.
        data: Folder of the data set.
        title: Name for people; the network's own if None.
        epoch: Epoch whose validated weights are exported; the best one if None.
        head: Label set of the head to export; the network's first if None.
        faces: As in :func:`training.evaluation.calibrate.calibrate`.

    Raises:
        InputError: The run has not finished an epoch, has not kept this one, or has no such head.
        ModelError: The int8 file and the float network disagree.
    """
    epoch = epoch or run.state()["best_epoch"]
    if not epoch:
        raise InputError(f"expected a run with at least one finished epoch; {run.path.name} has none")
    recipe = recipe_of(run)
    network = find_network(recipe.network)
    heads = heads_of(run)
    head = head or next(iter(heads))
    if head not in heads:
        raise InputError(f"expected a head from {', '.join(heads)} of {run.path.name}; got {head!r}")
    training = _training_record(run, epoch, head)
    source = Source(
        model=one_head(load_averaged(run, epoch), [len(labels) for labels in heads.values()], list(heads).index(head)),
        form=network.form(recipe),
        label_set=LabelSet(head, heads[head]),
        recipe=recipe,
        training=training,
        licence=licence_of(training),
    )
    sets = read_validation_sets(data, faces or (default_faces_dir() if recipe.sets else None))
    if len(sets) > 1 and head == FERPLUS.name:
        source = _with_biases(source, sets)
    card = write_model(source, name, title or network.title, data, sets)
    shutil.copyfile(run.path / HISTORY_FILE, models_dir() / name / HISTORY_FILE)
    return card


def _with_biases(source: Source, sets: Sequence[FaceSet]) -> Source:
    """Add the class biases that suit the validation faces of all sets best, and record them."""
    labels = source.label_set.labels
    logits = [_mirrored_logits(source, one.images) for one in sets]
    neutral = labels.index("neutral") if "neutral" in labels else None
    biases = class_biases(logits, [truth_for(labels, one) for one in sets], neutral)
    fold_biases(source.model, biases)
    rounded = {label: round(float(bias), 2) for label, bias in zip(labels, biases, strict=True)}
    return replace(source, training=source.training | {"class_biases": rounded})


def _mirrored_logits(source: Source, images: NDArray[np.uint8]) -> FloatArray:
    """Return the mean logits of faces and their mirror images, as the app computes them for unsure answers.

    Biases change unsure answers alone.
    """
    both = [predict_logits(source.model, source.form, each) for each in (images, mirrored(images))]
    return np.asarray(np.mean(both, axis=0), np.float32)


def write_model(source: Source, name: str, title: str, data: Path, sets: Sequence[FaceSet]) -> ModelCard:
    """Quantise a network, calibrate it, and write every form of it; on failure nothing is written.

    Args:
        source: The network.
        name: Folder name of the model.
        title: Name for people.
        data: Folder of the data set, whose training split gives the converter representative faces.
        sets: Validation faces for calibration, the data set's own first.

    Raises:
        ModelError: The int8 file and the network disagree.
    """
    expect_finite(source.model, name)
    _expect_labels(sets[0], source)
    models_dir().mkdir(parents=True, exist_ok=True)
    # On the same file system as the models, so that files can be moved in place once all of them are written.
    with tempfile.TemporaryDirectory(prefix=".new-", dir=models_dir()) as beside:
        card = _write_all(source, name, title, data, sets, Path(beside))
        folder = models_dir() / name
        folder.mkdir(exist_ok=True)
        for file in Path(beside).iterdir():
            file.replace(folder / file.name)
        save_card(card, folder)
    return card


def _write_all(source: Source, name: str, title: str, data: Path, sets: Sequence[FaceSet], folder: Path) -> ModelCard:
    typical = read_role(data, "train", source.form.size).sample(REPRESENTATIVE_FACES, source.recipe.seed)
    network = source.model
    if can_be_rounded(network):
        network = rounded(network, source.form.prepare(typical.images[:ROUNDING_FACES]))
    int8 = to_int8(network, source.form, typical.images)
    content, kernels = fit_under(int8, source.form.prepare(typical.images[:FACES]), LARGEST_FILE_BYTES)
    file = folder / MODEL_FILE
    file.write_bytes(content)
    if kernels:
        source = replace(source, training=source.training | {INT4_KERNELS: kernels})
    card = _card(source, name, title, file)
    logits = LiteRTClassifier(card, file=file).logits(images_of(sets))
    _expect_agreement(logits[: len(sets[0])], predict_logits(source.model, source.form, sets[0].images))
    card = calibrate_card(card, sets, logits, file)
    source.model.save(folder / KERAS_FILE)
    save_keras_pair(source.model, folder)
    return card


def one_head(model: Any, sizes: Sequence[int], index: int) -> Any:
    """Return a network with the outputs of one head; the same network if it has only one.

    Args:
        model: Ends with a dense layer of all heads' logits.
        sizes: Number of labels of each head.
        index: Index of the head to keep.
    """
    if len(sizes) == 1:
        return model
    column, last = columns_of(sizes)[index], model.layers[-1]
    outputs = keras.layers.Dense(sizes[index], name=last.name)(last.input)
    single = keras.Model(model.inputs, outputs, name=model.name)
    single.layers[-1].set_weights([values[..., column] for values in last.get_weights()])
    return single


def _expect_labels(faces: FaceSet, source: Source) -> None:
    heads = [head.label_set.labels for head in examples_of(faces, source.recipe).heads]
    if source.label_set.labels not in heads:
        known = " or ".join(", ".join(labels) for labels in heads)
        raise DatasetError(f"expected the labels {', '.join(source.label_set.labels)} in the data set; got {known}")


def _card(source: Source, name: str, title: str, file: Path) -> ModelCard:
    return ModelCard(
        name=name,
        title=title,
        labels=source.label_set.labels,
        input_size=source.form.size,
        colour=source.form.colour,
        normalisation=source.form.normalisation,
        crop="aligned",
        temperature=1.0,
        file=file.name,
        sha256=sha256_of(file),
        parameters=source.model.count_params(),
        multiply_adds=multiply_adds(source.model),
        licence=source.licence,
        training=source.training,
    )


def _training_record(run: RunFolder, epoch: int, head: str) -> dict[str, Any]:
    settings = run.settings()
    counts = {name: count for name, count in settings["counts"].items() if name in _OWN_COUNTS}
    extra = {name: count for name, count in settings["counts"].items() if name not in _OWN_COUNTS}
    record = run.facts() | {"head": head, "epoch": epoch} | settings | {"counts": counts}
    return record | ({"sources": {"fer2013": counts["used"], **extra}} if extra else {})


def _expect_agreement(int8: FloatArray, parent: FloatArray) -> None:
    agreement = float(np.mean(int8.argmax(axis=1) == parent.argmax(axis=1)))
    if agreement < MIN_AGREEMENT:
        raise ModelError(
            f"expected int8 and float to answer alike on {MIN_AGREEMENT:.0%} of the validation faces; "
            f"got {agreement:.1%}"
        )
