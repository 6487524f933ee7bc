"""How a network's weights are moved: which of them, by which optimiser, at which rate."""

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
"""Decay shrinks kernels; on batch-norm scales, shifts and biases it would only bias the answer."""


@dataclass(frozen=True, slots=True)
class Phase:
    """Some epochs of a run under one optimiser.

    Attributes:
        first: Epochs finished when it begins.
        last: Epochs finished when it ends.
        trained: ``"all"`` weights; ``"head"``: those after the pretrained part; ``"tuned"``: all but
            the pretrained part's batch norms, whose statistics small batches of faces would spoil.
        learning_rate: Peak of its schedule.
    """

    first: int
    last: int
    trained: str
    learning_rate: float


def phases(recipe: Recipe, *, pretrained: bool) -> tuple[Phase, ...]:
    """Return a run's phases: one per cycle, or two where given weights are to be kept at first.

    Args:
        recipe: Says how many epochs the given weights stay frozen.
        pretrained: Whether weights were given for a network that has a pretrained part.
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
    """Give a network the loss, optimiser and schedule of a phase.

    Args:
        model: A Keras model of logits.
        recipe: The schedule's numbers.
        phase: Which weights are trained.
        steps: Gradient steps per epoch.
        loss: Of :func:`training.fit.losses.loss_of`; cross-entropy with one head's targets if None.
        metrics: What is watched beside it; the heads' accuracy if None.

    Returns:
        The same model.
    """
    _set_trained(model, phase.trained)
    optimizer = _optimizer(recipe, _schedule(recipe, phase, steps))
    loss = loss or HeadsCrossentropy((model.output_shape[-1],))
    # JAX is fast under its compiler alone; TensorFlow's graph is rewritten to bfloat16 in its place.
    jit_compile = keras.backend.backend() == "jax"
    metrics = [heads_accuracy(loss.sizes)] if metrics is None else metrics
    model.compile(optimizer, loss=loss, metrics=metrics, jit_compile=jit_compile)
    return model


def load_for_resume(file: Path) -> Any:
    """Return a network that was saved in the middle of a phase, ready to take the step that came next.

    What is free of decay is no part of what Keras saves of an optimiser, and can be said before it is built alone.
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
    """A number, or a linear warm-up followed by a cosine down to zero (Loshchilov and Hutter 2017)."""
    if recipe.schedule == CONSTANT:
        return phase.learning_rate
    warmup = round(recipe.warmup_epochs * steps)
    return keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=phase.learning_rate / max(warmup, 1),
        decay_steps=max((phase.last - phase.first) * steps - warmup, 1),
        warmup_target=phase.learning_rate,
        warmup_steps=warmup,
    )
