"""Optimiser, schedule and trainable layers of each training phase."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import keras

from training.fit.losses import HeadsCrossentropy, heads_accuracy
from training.networks.spec import PRETRAINED_END
from training.recipes import ADAM, CONSTANT, Recipe

DECAY_FREE = ["gamma", "beta", "bias"]
"""Variables without weight decay: batch-norm scales and shifts, and biases."""


@dataclass(frozen=True, slots=True)
class Phase:
    """Epochs of a run with one optimiser state.

    Attributes:
        first: Number of finished epochs at its start.
        last: Number of finished epochs at its end.
        trained: ``"all"`` weights; ``"head"``: those after the pretrained part; ``"tuned"``: all except the pretrained
            part's batch norms, whose statistics small batches would degrade.
        learning_rate: Peak of its schedule.
    """

    first: int
    last: int
    trained: str
    learning_rate: float


def phases(recipe: Recipe, *, pretrained: bool) -> tuple[Phase, ...]:
    """Return a run's phases: one per cycle, or a frozen and a fine-tuning phase for pretrained networks.

    Args:
        recipe: Defines cycles and frozen epochs.
        pretrained: Whether the network's pretrained part has initial weights.
    """
    if not pretrained:
        ends = recipe.cycle_ends
        return tuple(Phase(first, last, "all", recipe.learning_rate) for first, last in pairwise((0, *ends)))
    frozen = min(recipe.frozen_epochs, recipe.epochs)
    head = Phase(0, frozen, "head", recipe.learning_rate)
    tuned = Phase(frozen, recipe.epochs, "tuned", recipe.learning_rate * recipe.fine_tuning)
    return tuple(phase for phase in (head, tuned) if phase.first < phase.last)


def compile_for(
    model: Any, recipe: Recipe, phase: Phase, steps: int, loss: Any = None, metrics: Sequence[Any] | None = None
) -> Any:
    """Compile a network with the loss, optimiser and schedule of a phase.

    Args:
        model: A Keras model of logits.
        recipe: The recipe.
        phase: The phase.
        steps: Gradient steps per epoch.
        loss: Of :func:`training.fit.losses.loss_of`; cross-entropy with one head's targets if None.
        metrics: Metrics; the heads' accuracy if None.

    Returns:
        The same model.
    """
    _set_trained(model, phase.trained)
    optimizer = _optimizer(recipe, _schedule(recipe, phase, steps))
    loss = loss or HeadsCrossentropy((model.output_shape[-1],))
    # JAX needs its compiler to be fast; in TensorFlow it would replace the bfloat16 rewrite.
    jit_compile = keras.backend.backend() == "jax"
    metrics = [heads_accuracy(loss.sizes)] if metrics is None else metrics
    model.compile(optimizer, loss=loss, metrics=metrics, jit_compile=jit_compile)
    # Otherwise the first step creates the optimiser's variables, and TensorFlow has to trace the second step again.
    optimizer.build(model.trainable_variables)
    return model


def load_for_resume(file: Path) -> Any:
    """Return a network that was saved within a phase, ready for its next step.

    Keras does not save which variables are excluded from weight decay, and the exclusion must precede the optimiser's
    build, so the optimiser is rebuilt.
    """
    model = keras.models.load_model(file)
    saved = model.optimizer
    going_on = type(saved).from_config(saved.get_config())
    going_on.exclude_from_weight_decay(var_names=DECAY_FREE)
    going_on.build(model.trainable_variables)
    for variable, value in zip(going_on.variables, saved.variables, strict=True):
        variable.assign(value)
    model.optimizer = going_on
    return model


def _set_trained(model: Any, trained: str) -> None:
    if trained == "all":
        return
    end = model.layers.index(model.get_layer(PRETRAINED_END))
    for layer in model.layers[:end]:
        layer.trainable = trained == "tuned" and not isinstance(layer, keras.layers.BatchNormalization)


def _optimizer(recipe: Recipe, rate: Any) -> Any:
    if recipe.optimizer == ADAM:
        optimizer = keras.optimizers.Adam(rate, weight_decay=recipe.weight_decay or None)
    else:
        optimizer = keras.optimizers.SGD(
            rate, momentum=recipe.momentum, nesterov=True, weight_decay=recipe.weight_decay or None
        )
    optimizer.exclude_from_weight_decay(var_names=DECAY_FREE)
    return optimizer


def _schedule(recipe: Recipe, phase: Phase, steps: int) -> Any:
    """Return a constant rate, or linear warm-up with cosine decay to zero (Loshchilov and Hutter 2017)."""
    if recipe.schedule == CONSTANT:
        return phase.learning_rate
    warmup = round(recipe.warmup_epochs * steps)
    return keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=phase.learning_rate / max(warmup, 1),
        decay_steps=max((phase.last - phase.first) * steps - warmup, 1),
        warmup_target=phase.learning_rate,
        warmup_steps=warmup,
    )
