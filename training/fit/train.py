"""Trains one network by one recipe: resumable, seeded, and validated on the validation split alone."""

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
from training.data.pipeline import TrainingData, batches_per_epoch, endless_batches, load_training_data
from training.fit.backend import TENSORFLOW, backend_version, is_tensorflow, prepare_backend, stream
from training.fit.callbacks import EpochEnd, WeightAverage
from training.fit.checkpoints import RunFolder
from training.fit.consistent_teaching import taught_versions
from training.fit.distillation import distilled, self_distilled, teacher_digests
from training.fit.early_stopping import EarlyStopping, ReduceOnPlateau, has_stopped
from training.fit.finite_check import StopIfNotFinite
from training.fit.from_tflite import MODEL_SUFFIX, start_from_tflite
from training.fit.losses import loss_of
from training.fit.optimise import Phase, compile_for, load_for_resume, phases
from training.fit.pretrained import load_keras_weights
from training.fit.pretrained_faces import is_face_package, start_from_face_package
from training.fit.snapshots import is_of_run, load_averaged, start_from_run
from training.networks import build_network, find_network
from training.recipes import Recipe


@dataclass(frozen=True, slots=True)
class RunOptions:
    """Settings of a run that are not part of its recipe.

    Attributes:
        limit: Maximum number of faces per split.
        weights: File with initial weights (Keras, an epoch of another run, a shipped .tflite model or the
            face-recognition package); None for random weights.
        faces: Folder of the extra sets, for recipes that use some.
        tensorboard: Write a TensorBoard log into the run's folder.
        callbacks: Additional Keras callbacks.
    """

    limit: int | None = None
    weights: Path | None = None
    faces: Path | None = None
    tensorboard: bool = False
    callbacks: Sequence[Any] = ()


def train(
    recipe: Recipe, data: Path, runs: Path, *, name: str | None = None, options: RunOptions | None = None
) -> Path:
    """Train, or resume an interrupted run, and return the run's folder.

    Args:
        recipe: Everything that determines the result.
        data: Folder of the data set.
        runs: Folder of runs.
        name: Name of the run; the recipe's name if None.
        options: Further settings.

    Raises:
        InputError: There is no such file of weights, or a setting is refused.
        ModelError: The weights are of another network.
    """
    options = options or RunOptions()
    if options.weights is not None and not options.weights.is_file():
        raise InputError(f"expected a file of weights; there is no {options.weights}")
    network = find_network(recipe.network)
    prepare_backend(recipe.seed, bfloat16=network.bfloat16)
    form = network.form(recipe)
    training_data = load_training_data(data, recipe, form, limit=options.limit, faces=options.faces)
    run = RunFolder(runs / (name or recipe.name))
    finished = run.state()["epoch"]
    # Built first, as this refuses weights of another network before a folder is made or teachers answer for minutes.
    start = None if finished else _start(recipe, training_data, form, options.weights)
    run.open(_settings(recipe, training_data, options))
    training_data = replace(training_data, train=distilled(training_data.train, recipe, run.path))
    print(f"run {run.path.name}: {_summary(training_data)}; {finished} of {recipe.epochs} epochs done", flush=True)
    if finished < recipe.epochs:
        training_data = replace(training_data, versions=taught_versions(training_data.train, recipe, run.path, form))
    for phase in phases(recipe, pretrained=options.weights is not None and network.pretrained):
        _fit(recipe, training_data, run, phase, options, start)
    return run.path


def _start(recipe: Recipe, training_data: TrainingData, form: InputForm, weights: Path | None) -> Any:
    """Return the network before its first epoch."""
    model = build_network(recipe.network, training_data.train.outputs, recipe.input_size)
    if weights is not None:
        print(_load_weights(model, weights, training_data, form), flush=True)
    return model


def _fit(
    recipe: Recipe, training_data: TrainingData, run: RunFolder, phase: Phase, options: RunOptions, start: Any
) -> None:
    """Train the remaining epochs of a phase; ``start`` is the network before the first epoch of all."""
    state = run.state()
    finished = state["epoch"]
    history = [row for row in state["history"] if row["epoch"] > phase.first]
    is_last = phase.last == recipe.epochs
    if finished >= phase.last or (is_last and has_stopped(recipe, history)):
        return
    if recipe.recall and is_last and phase.first in recipe.cycle_ends:
        training_data = replace(training_data, train=self_distilled(training_data.train, recipe, run))
    form = find_network(recipe.network).form(recipe)
    steps = batches_per_epoch(training_data.train, recipe)
    model = _model(recipe, training_data, run, phase, start)
    average = _average(recipe, run, finished, steps)
    callbacks = [
        *([average] if average else []),
        StopIfNotFinite(),
        EpochEnd(run, average, form, training_data, recipe),
        *([ReduceOnPlateau(recipe.plateau, history, phase.learning_rate)] if recipe.plateau else []),
        *([EarlyStopping(recipe.patience, history)] if recipe.patience and is_last else []),
        *([_tensorboard(run)] if options.tensorboard else []),
        *options.callbacks,
    ]
    model.fit(
        stream(lambda: endless_batches(training_data.train, recipe, form, finished, training_data.versions)),
        epochs=phase.last,
        initial_epoch=finished,
        steps_per_epoch=steps,
        shuffle=False,
        callbacks=callbacks,
        verbose=1 if sys.stdout.isatty() else 0,
    )


def _model(recipe: Recipe, training_data: TrainingData, run: RunFolder, phase: Phase, start: Any) -> Any:
    """Return the network after the last finished epoch; each phase recompiles it."""
    model = _compiled(recipe, training_data, run, phase, start)
    if not recipe.sharpness:
        return model
    if not is_tensorflow():
        raise InputError(f"expected the backend {TENSORFLOW} for sharpness-aware steps; got {keras.backend.backend()}")
    from training.fit.sam import use_sam

    return use_sam(model, recipe.sharpness)


def _compiled(recipe: Recipe, training_data: TrainingData, run: RunFolder, phase: Phase, start: Any) -> Any:
    finished, examples = run.state()["epoch"], training_data.train
    if finished > phase.first:
        return load_for_resume(run.model_file(finished))
    model = keras.models.load_model(run.model_file(finished)) if finished else start
    return compile_for(model, recipe, phase, batches_per_epoch(examples, recipe), loss_of(recipe, examples))


def _load_weights(model: Any, weights: Path, training_data: TrainingData, form: InputForm) -> str:
    """Load initial weights from any supported file and return a description of what was loaded."""
    if weights.suffix == MODEL_SUFFIX:
        return start_from_tflite(model, weights, training_data.train, form)
    if is_of_run(weights):
        return start_from_run(model, weights, [head.label_set.labels for head in training_data.train.heads])
    if is_face_package(weights):
        return start_from_face_package(model, weights, training_data.train, form)
    return load_keras_weights(model, weights)


def _average(recipe: Recipe, run: RunFolder, finished: int, steps: int) -> WeightAverage | None:
    if not recipe.average_decay:
        return None
    averaged = load_averaged(run, finished).get_weights() if finished else None
    return WeightAverage(recipe.average_decay, averaged, finished * steps)


def _tensorboard(run: RunFolder) -> Any:
    if importlib.util.find_spec("tensorboard") is None:
        raise InputError(
            "expected the package tensorboard for --tensorboard; install it with `pip install tensorboard`"
        )
    return keras.callbacks.TensorBoard(run.path / "tensorboard")


def _settings(recipe: Recipe, training_data: TrainingData, options: RunOptions) -> dict[str, Any]:
    weights = options.weights
    return {
        "recipe": recipe.to_dict(),
        "heads": {head.label_set.name: list(head.label_set.labels) for head in training_data.train.heads},
        "limit": options.limit,
        "counts": training_data.counts,
        "weights": weights and _origin(weights),
        "teachers": teacher_digests(recipe.teachers),
        **provenance.record(),
        "keras": keras.__version__,
        "backend": backend_version(),
        "numpy": np.__version__,
    }


def _origin(weights: Path) -> dict[str, Any]:
    """Return a weights file's name and digest; for a run, also its length and what it started from."""
    record: dict[str, Any] = {"file": weights.name, "sha256": sha256_of(weights)}
    if is_of_run(weights):
        run = RunFolder(weights.parent)
        facts = run.facts()
        record["run"] = {
            "name": facts["run"],
            "epochs": facts["epochs"],
            "hours": facts["hours"],
            "weights": run.settings().get("weights"),
        }
    return record


def _summary(training_data: TrainingData) -> str:
    counts = training_data.counts
    return (
        f"{counts['read']} faces read, {counts['leaked']} copies of test faces removed, "
        f"{counts['without_target']} without a usable label, {counts['used']} used"
    )
