"""Trains a network of face parts: resumable, seeded, and validated on held-out faces."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import keras
import numpy as np

from emotion.types import FloatArray
from emotion.vision.normalise import GREY
from training import provenance
from training.data.inputs import InputForm, batchwise
from training.datasets.keypoint_set import KEYPOINT_IMAGE_SIZE, KeypointSet
from training.face_parts.examples import Splits, endless_rows, read_splits, varied
from training.face_parts.tasks import HEADLINE, PartNetwork, Scores, find_part_network
from training.fit.backend import prepare_backend, stream
from training.fit.batch_norm import recompute_batch_norm
from training.fit.callbacks import WeightAverage
from training.fit.checkpoints import RunFolder
from training.fit.finite_check import StopIfNotFinite
from training.fit.optimise import compile_for, load_for_resume, phases
from training.recipes import Recipe

BATCH_NORM_FACES = 1280
"""Faces for recomputing batch-norm statistics before validation."""


def train_parts(recipe: Recipe, data: Path, runs: Path, *, name: str | None = None, limit: int | None = None) -> Path:
    """Train, or resume an interrupted run, and return the run's folder.

    Args:
        recipe: Everything that determines the result.
        data: Folder of a keypoints data set, raw or prepared.
        runs: Folder of runs.
        name: Name of the run; the recipe's name if None.
        limit: Maximum number of faces per split.
    """
    prepare_backend(recipe.seed)
    network = find_part_network(recipe.network)
    splits = read_splits(data, limit, recipe.seed)
    run = RunFolder(runs / (name or recipe.name))
    run.open(_settings(recipe, splits, limit))
    finished = run.state()["epoch"]
    print(f"run {run.path.name}: {len(splits.train)} faces; {finished} of {recipe.epochs} epochs done", flush=True)
    if finished < recipe.epochs:
        _fit(network, recipe, splits, run)
    return run.path


def form_of(recipe: Recipe) -> InputForm:
    """Return the input form of a network of face parts."""
    return InputForm(KEYPOINT_IMAGE_SIZE, GREY, recipe.normalisation)


def load_part_weights(run: RunFolder, network: PartNetwork, epoch: int | None = None) -> Any:
    """Return the run's network with the averaged weights of an epoch, by default the best one."""
    model = network.new()
    model.load_weights(run.averaged_file(epoch or run.state()["best_epoch"]))
    return model


def score_faces(network: PartNetwork, answer: Any, form: InputForm, faces: KeypointSet) -> Scores:
    """Score a network on unaugmented faces.

    Args:
        network: The network, which defines the task.
        answer: Takes ``(n, *form.shape)`` float32 and returns raw outputs.
        form: Form of its input.
        faces: The faces.
    """
    images, targets = network.task.examples(faces.images, faces.points, np.random.default_rng(0))
    return network.task.scores(batchwise(lambda part: answer(form.prepare(part)), images), targets)


def _fit(network: PartNetwork, recipe: Recipe, splits: Splits, run: RunFolder) -> None:
    finished = run.state()["epoch"]
    steps = max(len(splits.train) // recipe.batch_size, 1)
    if finished:
        model = load_for_resume(run.model_file(finished))
    else:
        model = network.new()
        compile_for(model, recipe, phases(recipe, pretrained=False)[0], steps, network.task.loss, metrics=[])
    kept = load_part_weights(run, network, finished).get_weights() if finished else None
    average = WeightAverage(recipe.average_decay, kept, finished * steps)
    model.fit(
        stream(lambda: _batches(network, recipe, splits.train, finished)),
        epochs=recipe.epochs,
        initial_epoch=finished,
        steps_per_epoch=steps,
        shuffle=False,
        callbacks=[average, StopIfNotFinite(), _EpochEnd(network, recipe, splits, run, average)],
        verbose=0,
    )


def _batches(
    network: PartNetwork, recipe: Recipe, faces: KeypointSet, first_epoch: int
) -> Iterator[tuple[FloatArray, FloatArray]]:
    form = form_of(recipe)
    for rows, rng in endless_rows(len(faces), recipe.batch_size, recipe.seed, first_epoch):
        shown, targets = network.task.examples(*varied(faces.take(rows), recipe.augmentation, rng), rng)
        yield form.prepare(shown), targets


def _batch_norm_batches(network: PartNetwork, recipe: Recipe, faces: KeypointSet) -> Iterator[FloatArray]:
    """Yield augmented faces, the same ones each time.

    Unaugmented faces are all aligned alike, so their activations vary less and the statistics would not fit other
    faces: the points' error doubled.
    """
    batches = (shown for shown, _ in _batches(network, recipe, faces, 0))
    return islice(batches, max(min(BATCH_NORM_FACES, len(faces)) // recipe.batch_size, 1))


class _EpochEnd(keras.callbacks.Callback):  # type: ignore[misc]
    """Validates the averaged weights, saves a checkpoint and prints a progress line."""

    def __init__(
        self, network: PartNetwork, recipe: Recipe, splits: Splits, run: RunFolder, average: WeightAverage
    ) -> None:
        super().__init__()
        self.network, self.recipe, self.splits, self.run, self.average = network, recipe, splits, run, average
        self.started = 0.0

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        self.started = time.monotonic()

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        finished = epoch + 1
        score = self._judge_and_save(finished)
        record = {
            "epoch": finished,
            "loss": float((logs or {})["loss"]),
            "score": score,
            "learning_rate": float(keras.ops.convert_to_numpy(self.model.optimizer.learning_rate)),
            "seconds": round(time.monotonic() - self.started, 1),
        }
        history = [*self.run.state()["history"], record]
        best = max(history, key=lambda row: row["score"])
        self.run.save_state({"epoch": finished, "best_epoch": best["epoch"], "history": history})
        left_min = (self.recipe.epochs - finished) * record["seconds"] / 60
        print(
            f"epoch {finished}/{self.recipe.epochs}  loss {record['loss']:.4f}  score {score:.4f} "
            f"(best {best['score']:.4f} at {best['epoch']})  {record['seconds']:.0f} s, about {left_min:.0f} min left",
            flush=True,
        )

    def _judge_and_save(self, finished: int) -> float:
        self.model.save(self.run.model_file(finished))
        current = self.model.get_weights()
        self.model.set_weights(self.average.weights)
        recompute_batch_norm(self.model, _batch_norm_batches(self.network, self.recipe, self.splits.train))
        form = form_of(self.recipe)
        scores = score_faces(self.network, self.model.predict_on_batch, form, self.splits.validation)
        self.model.save_weights(self.run.averaged_file(finished))
        self.model.set_weights(current)
        return float(scores[HEADLINE])


def _settings(recipe: Recipe, splits: Splits, limit: int | None) -> dict[str, Any]:
    return {
        "recipe": recipe.to_dict(),
        "limit": limit,
        "counts": {"train": len(splits.train), "validation": len(splits.validation)},
        **provenance.record(),
        "keras": keras.__version__,
    }
