"""Makes a model out of a run: the int8 file, its card and history, and the float network in every usual form."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from emotion.errors import DatasetError, InputError, ModelError
from emotion.labels import FERPLUS, LabelSet
from emotion.models.registry import HISTORY_FILE, card_by_digest, models_dir, save_card, sha256_of
from emotion.types import FloatArray, ModelCard
from emotion.vision.classify import LiteRTClassifier
from training.data.inputs import InputForm, predict_logits
from training.data.pipeline import read_roles, read_validation
from training.data.targets import examples_of
from training.datasets.face_set import FaceSet
from training.datasets.readers.parquet import default_faces_dir
from training.evaluation.calibrate import calibrate_card, truth_among, validation_sets
from training.evaluation.cost import multiply_adds
from training.evaluation.evaluate import KERAS_FILE
from training.evaluation.evaluation_sets import read_rafdb
from training.export.class_bias import class_biases, fold_biases
from training.export.int4 import FACES, INT4_KERNELS, fit_under
from training.export.keras_pair import save_keras_pair
from training.export.quantise import to_int8
from training.fit.checkpoints import RunFolder
from training.fit.finite_check import expect_finite
from training.fit.losses import columns_of
from training.fit.pretrained_faces import ORIGIN, is_face_package
from training.fit.snapshots import heads_of, load_averaged, recipe_of
from training.networks import find_network
from training.recipes import Recipe

MODEL_FILE = "model.tflite"
REPRESENTATIVE_FACES = 600
LEAST_AGREEMENT = 0.9
"""Share of validation faces on which int8 and float must answer alike; well-behaved networks reach 0.97."""

LARGEST_FILE_BYTES = 10_000_000
"""A .tflite file must be smaller to be committed; dense kernels that make it larger are stored in 4 bits."""

LICENCE = (
    "Weights trained from scratch for this project on FER2013 with FER+ votes, whose owners allow "
    "research use of the pictures; no picture is contained. Check their terms before commercial use."
)
LICENCE_OF_SEVERAL = (
    "For research: learned from FER2013 with FER+ votes, RAF-DB, AffectNet, FFHQ and GENKI-4K, whose owners allow "
    "non-commercial research; no picture is contained."
)
UNKNOWN_LICENCE = "Not stated: the terms of whoever trained the given weights and of their pictures apply."


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """A trained network and what its card has to say.

    Attributes:
        model: A Keras model of logits.
        form: What it is fed.
        label_set: Meaning of its outputs.
        recipe: Says how examples are made that measure its temperature.
        training: The card's record of how it was trained.
        licence: Terms of its weights.
    """

    model: Any
    form: InputForm
    label_set: LabelSet
    recipe: Recipe
    training: dict[str, Any]
    licence: str


@dataclass(frozen=True, slots=True)
class Choice:
    """Which part of a run becomes a model.

    Attributes:
        epoch: Of the judged weights; the best one if None.
        head: Name of the label set, where the network answers in several; its first if None.
    """

    epoch: int | None = None
    head: str | None = None


def export(
    run: RunFolder,
    name: str,
    data: Path,
    title: str | None = None,
    choice: Choice | None = None,
    faces: Path | None = None,
) -> ModelCard:
    """Write ``data/models/<name>`` out of a run's best weights.

    An interrupted run can be exported too: its best epoch so far is taken.

    Args:
        run: The run.
        name: Folder name of the model.
        data: Folder of the data set.
        title: Name for people; the network's own if None.
        choice: Which part of the run, unless its best epoch and first head.
        faces: As of :func:`training.evaluation.calibrate.calibrate`.

    Raises:
        InputError: The run has not finished an epoch, has not kept this one, or has no such head.
        ModelError: The int8 file answers differently from its float parent.
    """
    choice = choice or Choice()
    epoch = choice.epoch or run.state()["best_epoch"]
    if not epoch:
        raise InputError(f"expected a run with at least one finished epoch; {run.path.name} has none")
    recipe = recipe_of(run)
    network = find_network(recipe.network)
    heads = heads_of(run)
    head = choice.head or next(iter(heads))
    if head not in heads:
        raise InputError(f"expected a head out of {', '.join(heads)} of {run.path.name}; got {head!r}")
    source = Source(
        model=one_head(load_averaged(run, epoch), [len(labels) for labels in heads.values()], list(heads).index(head)),
        form=network.form(recipe),
        label_set=LabelSet(head, heads[head]),
        recipe=recipe,
        training=_training_record(run, epoch, head),
        licence=_licence(recipe, run.settings().get("weights")),
    )
    faces = faces or (default_faces_dir() if recipe.sets else None)
    if faces and head == FERPLUS.name:
        source = _with_biases(source, data, faces)
    card = write_model(source, name, title or network.title, data, faces)
    shutil.copyfile(run.path / HISTORY_FILE, models_dir() / name / HISTORY_FILE)
    return card


def _with_biases(source: Source, data: Path, faces: Path) -> Source:
    """Add to the network's answers the class biases that suit the validation faces of all sets best, and note them."""
    sets, labels = [read_validation(data), read_rafdb(faces, "validation")], source.label_set.labels
    logits = [predict_logits(source.model, source.form, one.images) for one in sets]
    biases = class_biases(logits, [truth_among(labels, one) for one in sets])
    fold_biases(source.model, biases)
    rounded = {label: round(float(bias), 2) for label, bias in zip(labels, biases, strict=True)}
    return replace(source, training=source.training | {"class_biases": rounded})


def _licence(recipe: Recipe, weights: dict[str, str] | None) -> str:
    """Return the terms of what a run learned, by the record of what it started from; of a known model, its own."""
    if recipe.sets:
        started = weights is not None and is_face_package(Path(weights["file"]))
        return f"{LICENCE_OF_SEVERAL} Began from {ORIGIN}." if started else LICENCE_OF_SEVERAL
    if weights is None:
        return LICENCE
    card = card_by_digest(weights["sha256"])
    return UNKNOWN_LICENCE if card is None else card.licence


def write_model(source: Source, name: str, title: str, data: Path, faces: Path | None = None) -> ModelCard:
    """Quantise a network, fix its temperature and its limit of clearness, and write every form of it.

    Args:
        source: The network.
        name: Folder name of the model.
        title: Name for people.
        data: Folder of the data set: its training split shows the converter typical faces, its
            validation split fixes temperature and limit.
        faces: As of :func:`training.evaluation.calibrate.calibrate`.

    Raises:
        ModelError: The int8 file answers differently from the network.
    """
    expect_finite(source.model, name)
    models_dir().mkdir(parents=True, exist_ok=True)
    # Beside the models, under a name that none has: either everything appears or nothing.
    with tempfile.TemporaryDirectory(prefix=".new-", dir=models_dir()) as beside:
        card = _write_all(source, name, title, data, faces, Path(beside))
        folder = models_dir() / name
        folder.mkdir(exist_ok=True)
        for file in Path(beside).iterdir():
            file.replace(folder / file.name)
        save_card(card, folder)
    return card


def _write_all(source: Source, name: str, title: str, data: Path, faces: Path | None, folder: Path) -> ModelCard:
    splits = read_roles(data, source.form.size)
    typical = splits["train"].sample(REPRESENTATIVE_FACES, source.recipe.seed)
    int8 = to_int8(source.model, source.form, typical.images)
    content, kernels = fit_under(int8, source.form.prepare(typical.images[:FACES]), LARGEST_FILE_BYTES)
    file = folder / MODEL_FILE
    file.write_bytes(content)
    images = _validation_images(splits["validation"], source)
    if kernels:
        source = replace(source, training=source.training | {INT4_KERNELS: kernels})
    card = _card(source, name, title, file)
    logits = LiteRTClassifier(card, file=file).logits(list(images))
    _expect_agreement(logits, predict_logits(source.model, source.form, images))
    card = calibrate_card(card, validation_sets(card, data, faces), file)
    source.model.save(folder / KERAS_FILE)
    save_keras_pair(source.model, folder)
    return card


def one_head(model: Any, sizes: Sequence[int], index: int) -> Any:
    """Return a network with one head's outputs alone; the same network if it has no other.

    Args:
        model: Ends with a dense layer of all heads' logits.
        sizes: Labels of each head.
        index: Of the head to keep.
    """
    if len(sizes) == 1:
        return model
    column, last = columns_of(sizes)[index], model.layers[-1]
    outputs = keras.layers.Dense(sizes[index], name=last.name)(last.input)
    single = keras.Model(model.inputs, outputs, name=model.name)
    single.layers[-1].set_weights([values[..., column] for values in last.get_weights()])
    return single


def _validation_images(faces: FaceSet, source: Source) -> NDArray[np.uint8]:
    """Return the validation faces on which the int8 file must agree with its network."""
    examples = examples_of(faces, source.recipe)
    if not any(head.label_set.labels == source.label_set.labels for head in examples.heads):
        known = " or ".join(", ".join(head.label_set.labels) for head in examples.heads)
        raise DatasetError(f"expected the labels {', '.join(source.label_set.labels)} in the data set; got {known}")
    return examples.images


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
    settings, state = run.settings(), run.state()
    sets = {each["name"] for each in settings["recipe"].get("sets", ())}
    further = {name: count for name, count in settings["counts"].items() if name in sets}
    counts = {name: count for name, count in settings["counts"].items() if name not in sets}
    # An epoch during which the machine slept or did other work would count too much in a sum.
    seconds = state["epoch"] * median(row["seconds"] for row in state["history"])
    return {
        "run": run.path.name,
        "head": head,
        "epoch": epoch,
        "epochs": state["epoch"],
        "hours": round(seconds / 3600, 2),
        "seed": settings["recipe"]["seed"],
        **settings,
        "counts": counts,
        **({"sources": {"fer2013": counts["used"], **further}} if further else {}),
    }


def _expect_agreement(int8: FloatArray, parent: FloatArray) -> None:
    agreement = float(np.mean(int8.argmax(axis=1) == parent.argmax(axis=1)))
    if agreement < LEAST_AGREEMENT:
        raise ModelError(
            f"expected int8 and float to answer alike on {LEAST_AGREEMENT:.0%} of the validation faces; "
            f"got {agreement:.1%}"
        )
