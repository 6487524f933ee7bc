"""Trains one network by one recipe: resumable, seeded, judged on the validation split alone."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import keras
import numpy as np

from emotion.errors import InputError
from emotion.models.registry import sha256_of
from training import provenance
from training.data.inputs import InputForm
from training.data.pipeline import Material, batches_per_epoch, endless_batches, load_material
from training.fit.backend import TENSORFLOW, backend_version, is_tensorflow, prepare_backend, stream
from training.fit.callbacks import EpochEnd, WeightAverage
from training.fit.checkpoints import RunFolder
from training.fit.distillation import digests_of, recalled, taught
from training.fit.early_stopping import SlowDown, Stop, has_stopped
from training.fit.finite_check import StopAtNoNumber
from training.fit.from_tflite import MODEL_SUFFIX, start_from_int8
from training.fit.losses import loss_of
from training.fit.optimise import Phase, compile_for, load_going_on, phases
from training.fit.pretrained import load_start
from training.fit.pretrained_faces import is_face_package, start_from_faces
from training.fit.snapshots import load_averaged
from training.networks import build_network, find_network
from training.recipes import Recipe


@dataclass(frozen=True, slots=True)
class Start:
    """What a run is given beside its recipe and data.

    Attributes:
        limit: At most so many faces of each split.
        weights: File of weights to start from, a model's .tflite and the package of weights of faces among
            them, or None for random ones.
        faces: Folder of the further sets of a recipe that learns from several.
        tensorboard: Whether to write a log for TensorBoard into the run's folder.
        watchers: More Keras callbacks.
    """

    limit: int | None = None
    weights: Path | None = None
    faces: Path | None = None
    tensorboard: bool = False
    watchers: Sequence[Any] = ()


def train(recipe: Recipe, data: Path, runs: Path, *, name: str | None = None, start: Start | None = None) -> Path:
    """Train, or resume what was interrupted, and return the run's folder.

    Args:
        recipe: Everything that decides the result.
        data: Folder of the data set.
        runs: Folder of runs.
        name: Of the run; the recipe's own if None.
        start: What else is given.
    """
    start = start or Start()
    network = find_network(recipe.network)
    prepare_backend(recipe.seed, bfloat16=network.bfloat16)
    form = network.form(recipe)
    material = load_material(data, recipe, form, limit=start.limit, faces=start.faces)
    run = RunFolder(runs / (name or recipe.name))
    run.open(_settings(recipe, material, start))
    material = replace(material, train=taught(material.train, recipe, run.path))
    finished = run.state()["epoch"]
    print(f"run {run.path.name}: {_describe(material)}; {finished} of {recipe.epochs} epochs done", flush=True)
    for phase in phases(recipe, pretrained=start.weights is not None and find_network(recipe.network).pretrained):
        _fit(recipe, material, run, phase, start)
    return run.path


def _fit(recipe: Recipe, material: Material, run: RunFolder, phase: Phase, start: Start) -> None:
    """Train the epochs of a phase that are not done yet."""
    state = run.state()
    finished = state["epoch"]
    history = [row for row in state["history"] if row["epoch"] > phase.first]
    ends = phase.last == recipe.epochs
    if finished >= phase.last or (ends and has_stopped(recipe, history)):
        return
    if recipe.recall and ends and phase.first in recipe.cycle_ends:
        material = replace(material, train=recalled(material.train, recipe, run))
    form = find_network(recipe.network).form(recipe)
    steps = batches_per_epoch(material.train, recipe)
    model = _model(recipe, material, run, phase, start)
    average = _average(recipe, run, finished, steps)
    judges = [StopAtNoNumber(), EpochEnd(run, average, form, material, recipe)]
    watchers = [*judges, *_watchers(recipe, phase, history, ends=ends), *_tensorboard(run, start), *start.watchers]
    model.fit(
        stream(lambda: endless_batches(material.train, recipe, form, finished)),
        epochs=phase.last,
        initial_epoch=finished,
        steps_per_epoch=steps,
        shuffle=False,
        callbacks=watchers if average is None else [average, *watchers],
        verbose=1 if sys.stdout.isatty() else 0,
    )


def _model(recipe: Recipe, material: Material, run: RunFolder, phase: Phase, start: Start) -> Any:
    """Return the network as the last epoch left it, newly compiled where a phase begins, ready to take its steps."""
    model = _compiled(recipe, material, run, phase, start)
    if not recipe.sharpness:
        return model
    if not is_tensorflow():
        raise InputError(f"expected the backend {TENSORFLOW} for sharpness-aware steps; got {keras.backend.backend()}")
    from training.fit.sam import sharpen

    return sharpen(model, recipe.sharpness)


def _compiled(recipe: Recipe, material: Material, run: RunFolder, phase: Phase, start: Start) -> Any:
    finished = run.state()["epoch"]
    if finished > phase.first:
        return load_going_on(run.model_file(finished))
    if finished:
        model = keras.models.load_model(run.model_file(finished))
    else:
        model = build_network(recipe.network, material.train.outputs, recipe.input_size)
        if start.weights is not None:
            print(_given(model, start.weights, material, find_network(recipe.network).form(recipe)), flush=True)
    steps = batches_per_epoch(material.train, recipe)
    return compile_for(model, recipe, phase, steps, loss_of(recipe, material.train))


def _given(model: Any, weights: Path, material: Material, form: InputForm) -> str:
    """Fill a network with weights from a file of ours, or from one of Keras', and return what was filled."""
    if weights.suffix == MODEL_SUFFIX:
        return start_from_int8(model, weights, material.train, form)
    if is_face_package(weights):
        return start_from_faces(model, weights, material.train, form)
    return load_start(model, weights)


def _average(recipe: Recipe, run: RunFolder, finished: int, steps: int) -> WeightAverage | None:
    if not recipe.average_decay:
        return None
    averaged = load_averaged(run, finished).get_weights() if finished else None
    return WeightAverage(recipe.average_decay, averaged, finished * steps)


def _watchers(recipe: Recipe, phase: Phase, history: list[dict[str, Any]], *, ends: bool) -> list[Any]:
    """Return what slows a phase down, and what stops the last one."""
    slower = [SlowDown(recipe.plateau, history, phase.learning_rate)] if recipe.plateau else []
    return [*slower, *([Stop(recipe.patience, history)] if recipe.patience and ends else [])]


def _tensorboard(run: RunFolder, start: Start) -> list[Any]:
    """Return the callback for TensorBoard, where it was asked for.

    Raises:
        InputError: TensorBoard, which TensorFlow no longer brings along, is not installed.
    """
    if not start.tensorboard:
        return []
    if importlib.util.find_spec("tensorboard") is None:
        raise InputError(
            "expected the package tensorboard for --tensorboard; install it with `pip install tensorboard`"
        )
    return [keras.callbacks.TensorBoard(run.path / "tensorboard")]


def _settings(recipe: Recipe, material: Material, start: Start) -> dict[str, Any]:
    weights = start.weights
    return {
        "recipe": recipe.to_dict(),
        "heads": {head.label_set.name: list(head.label_set.labels) for head in material.train.heads},
        "limit": start.limit,
        "counts": material.counts,
        "weights": None if weights is None else {"file": weights.name, "sha256": _digest(weights)},
        "teachers": digests_of(recipe.teachers),
        "command": provenance.command(),
        "commit": provenance.commit(),
        "hardware": provenance.hardware(),
        "keras": keras.__version__,
        "backend": backend_version(),
        "numpy": np.__version__,
    }


def _digest(weights: Path) -> str:
    if not weights.is_file():
        raise InputError(f"expected a file of weights; there is no {weights}")
    return sha256_of(weights)


def _describe(material: Material) -> str:
    counts = material.counts
    return (
        f"{counts['read']} faces read, {counts['leaked']} copies of test faces removed, "
        f"{counts['without_target']} without a usable label, {counts['used']} used"
    )
