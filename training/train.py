"""Trains one network by one recipe: resumable, seeded, judged on PublicTest alone."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from emotion.labels import FERPLUS
from emotion.vision.normalise import normalise
from training import provenance
from training.callbacks import EpochEnd, WeightAverage
from training.datasets.face_set import FACE_SIZE
from training.material import Examples, Material, batches_per_epoch, endless_batches, load_material
from training.networks import build_network
from training.recipes import Recipe
from training.run_folder import RunFolder

INPUT_SHAPE = (FACE_SIZE, FACE_SIZE, 1)


def train(recipe: Recipe, data: Path, runs: Path, *, name: str | None = None, limit: int | None = None) -> Path:
    """Train, or resume what was interrupted, and return the run's folder.

    Args:
        recipe: Everything that decides the result.
        data: Folder with the Parquet splits.
        runs: Folder of runs.
        name: Of the run; the recipe's own if None.
        limit: At most so many faces of each split.
    """
    # Grappler rewrites the graph so that convolutions run in bfloat16 with float32 master weights.
    tf.config.optimizer.set_experimental_options({"auto_mixed_precision_onednn_bfloat16": True})
    keras.utils.set_random_seed(recipe.seed)
    material = load_material(data, limit=limit, seed=recipe.seed)
    run = RunFolder(runs / (name or recipe.name))
    run.open(_settings(recipe, material, limit))
    finished = run.state()["epoch"]
    print(f"run {run.path.name}: {_describe(material)}; {finished} of {recipe.epochs} epochs done", flush=True)
    if finished < recipe.epochs:
        _fit(recipe, material, run, finished)
    return run.path


def build_compiled(recipe: Recipe, steps: int) -> Any:
    """Build the recipe's network with its loss, optimiser and schedule.

    Args:
        recipe: Names the network and the schedule's numbers.
        steps: Gradient steps per epoch.
    """
    model = build_network(recipe.network, INPUT_SHAPE, len(FERPLUS))
    warmup = round(recipe.warmup_epochs * steps)
    schedule = keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=recipe.learning_rate / max(warmup, 1),
        decay_steps=max(recipe.epochs * steps - warmup, 1),
        warmup_target=recipe.learning_rate,
        warmup_steps=warmup,
    )
    optimizer = keras.optimizers.SGD(
        schedule, momentum=recipe.momentum, nesterov=True, weight_decay=recipe.weight_decay
    )
    # Decay shrinks kernels; on batch-norm scales, shifts and biases it would only bias the answer.
    optimizer.exclude_from_weight_decay(var_names=["gamma", "beta", "bias"])
    loss = keras.losses.CategoricalCrossentropy(from_logits=True)
    model.compile(optimizer, loss=loss, metrics=["accuracy"], jit_compile=False)
    return model


def load_averaged(run: RunFolder, epoch: int | None = None) -> Any:
    """Return the run's network with the averaged weights of an epoch, its best on PublicTest by default."""
    recipe = run.settings()["recipe"]
    model = build_network(recipe["network"], INPUT_SHAPE, len(FERPLUS))
    model.load_weights(run.averaged_file(epoch or run.state()["best_epoch"]))
    return model


def _fit(recipe: Recipe, material: Material, run: RunFolder, finished: int) -> None:
    steps = batches_per_epoch(material.train, recipe)
    model = keras.models.load_model(run.model_file(finished)) if finished else build_compiled(recipe, steps)
    averaged = load_averaged(run, finished).get_weights() if finished else None
    average = WeightAverage(recipe.average_decay, averaged, finished * steps)
    public = (normalise(material.public.images, recipe.normalisation), material.public)
    model.fit(
        _stream(material.train, recipe, finished),
        epochs=recipe.epochs,
        initial_epoch=finished,
        steps_per_epoch=steps,
        shuffle=False,
        callbacks=[average, EpochEnd(run, average, public, recipe.epochs)],
        verbose=1 if sys.stdout.isatty() else 0,
    )


def _stream(examples: Examples, recipe: Recipe, first_epoch: int) -> Any:
    """Prepare batches in a background thread, a few ahead of the network."""
    signature = (
        tf.TensorSpec((None, *INPUT_SHAPE), tf.float32),
        tf.TensorSpec((None, len(FERPLUS)), tf.float32),
    )
    batches = tf.data.Dataset.from_generator(
        lambda: endless_batches(examples, recipe, first_epoch), output_signature=signature
    )
    return batches.prefetch(4)


def _settings(recipe: Recipe, material: Material, limit: int | None) -> dict[str, Any]:
    return {
        "recipe": recipe.to_dict(),
        "limit": limit,
        "counts": material.counts,
        "command": provenance.command(),
        "commit": provenance.commit(),
        "hardware": provenance.hardware(),
        "tensorflow": tf.__version__,
        "numpy": np.__version__,
    }


def _describe(material: Material) -> str:
    counts = material.counts
    return (
        f"{counts['read']} faces read, {counts['leaked']} copies of test faces removed, "
        f"{counts['without_usable_votes']} without usable votes, {counts['used']} used"
    )
