"""Makes a model out of a run: the int8 file, its card and history, and the float network in every usual form."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any

import keras
import numpy as np

from emotion.errors import DatasetError, InputError, ModelError
from emotion.labels import LabelSet
from emotion.registry import HISTORY_FILE, card_by_digest, models_dir, save_card, sha256_of
from emotion.types import FloatArray, ModelCard
from emotion.vision.classify import LiteRTClassifier
from emotion.vision.landmarks import FaceMesh
from training.calibrate import calibrated, with_second_look
from training.clearness import with_slopes
from training.cost import multiply_adds
from training.datasets.face_set import FaceSet
from training.evaluate import KERAS_FILE
from training.inputs import InputForm, predict_logits
from training.int4 import FACES, INT4_KERNELS, fit_under
from training.losses import columns_of
from training.material import read_roles
from training.networks import find_network
from training.pair import save_pair
from training.quantise import to_int8
from training.recipes import Recipe
from training.run_folder import RunFolder
from training.snapshots import heads_of, load_averaged, recipe_of
from training.targets import Examples, Head, examples_of

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
LICENCE_OF_STRANGERS = "Not stated: the terms of whoever trained the given weights and of their pictures apply."


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


def export(run: RunFolder, name: str, data: Path, title: str | None = None, choice: Choice | None = None) -> ModelCard:
    """Write ``data/models/<name>`` out of a run's best weights.

    An interrupted run can be exported too: its best epoch so far is taken.

    Args:
        run: The run.
        name: Folder name of the model.
        data: Folder of the data set.
        title: Name for people; the network's own if None.
        choice: Which part of the run, unless its best epoch and first head.

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
        licence=_licence(run.settings().get("weights")),
    )
    card = write_model(source, name, title or network.title, data)
    shutil.copyfile(run.path / HISTORY_FILE, models_dir() / name / HISTORY_FILE)
    return card


def _licence(weights: dict[str, str] | None) -> str:
    """Return the terms of what a run learned, by the record of what it started from; of a known model, its own."""
    if weights is None:
        return LICENCE
    card = card_by_digest(weights["sha256"])
    return LICENCE_OF_STRANGERS if card is None else card.licence


def write_model(source: Source, name: str, title: str, data: Path) -> ModelCard:
    """Quantise a network, fix its temperature and its limit of clearness, and write every form of it.

    Args:
        source: The network.
        name: Folder name of the model.
        title: Name for people.
        data: Folder of the data set: its training split shows the converter typical faces, its
            validation split fixes temperature and limit.

    Raises:
        ModelError: The int8 file answers differently from the network.
    """
    folder = models_dir() / name
    folder.mkdir(parents=True, exist_ok=True)
    splits = read_roles(data, source.form.size)
    typical = splits["train"].sample(REPRESENTATIVE_FACES, source.recipe.seed)
    int8 = to_int8(source.model, source.form, typical.images)
    file, kernels = fit_under(int8, source.form.prepare(typical.images[:FACES]), LARGEST_FILE_BYTES)
    (folder / MODEL_FILE).write_bytes(file)
    validation, head = _judged_by(splits["validation"], source)
    if kernels:
        source = replace(source, training=source.training | {INT4_KERNELS: kernels})
    card = _card(source, name, title, folder / MODEL_FILE)
    images = list(validation.images)
    logits = LiteRTClassifier(card).logits(images)
    _expect_agreement(logits, predict_logits(source.model, source.form, validation.images))
    card, logits = with_second_look(card, logits, images, head.truth)
    card = with_slopes(calibrated(card, logits, head.truth), images, head.truth, FaceMesh())
    source.model.save(folder / KERAS_FILE)
    save_pair(source.model, folder)
    save_card(card, folder)
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


def _judged_by(faces: FaceSet, source: Source) -> tuple[Examples, Head]:
    """Return the faces that fix temperature and limit, and the targets of the source's head."""
    examples = examples_of(faces, source.recipe)
    heads = [head for head in examples.heads if head.label_set.labels == source.label_set.labels]
    if not heads:
        known = " or ".join(", ".join(head.label_set.labels) for head in examples.heads)
        raise DatasetError(f"expected the labels {', '.join(source.label_set.labels)} in the data set; got {known}")
    return examples, heads[0]


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
    }


def _expect_agreement(int8: FloatArray, parent: FloatArray) -> None:
    agreement = float(np.mean(int8.argmax(axis=1) == parent.argmax(axis=1)))
    if agreement < LEAST_AGREEMENT:
        raise ModelError(
            f"expected int8 and float to answer alike on {LEAST_AGREEMENT:.0%} of the validation faces; "
            f"got {agreement:.1%}"
        )
