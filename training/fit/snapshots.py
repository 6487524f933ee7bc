"""Restores the recipe, the heads and the averaged weights of a run."""

from __future__ import annotations

from typing import Any

from emotion.errors import InputError
from emotion.labels import FERPLUS
from training.fit.checkpoints import RunFolder
from training.networks import build_network
from training.recipes import Recipe


def load_averaged(run: RunFolder, epoch: int | None = None) -> Any:
    """Return the run's network with the averaged weights of an epoch, by default the best one.

    Raises:
        InputError: The weights of this epoch were not kept.
    """
    recipe = recipe_of(run)
    outputs = sum(len(labels) for labels in heads_of(run).values())
    model = build_network(recipe.network, outputs, recipe.input_size)
    file = run.averaged_file(epoch or run.state()["best_epoch"])
    if not file.is_file():
        raise InputError(f"expected an epoch whose weights were kept in {run.path.name}; there is no {file.name}")
    model.load_weights(file)
    return model


def recipe_of(run: RunFolder) -> Recipe:
    """Return the recipe of a run."""
    return Recipe.from_dict(run.settings()["recipe"])


def heads_of(run: RunFolder) -> dict[str, tuple[str, ...]]:
    """Return label set name → labels of a run's heads, in the order of the outputs.

    Runs of early versions have one head and record only its labels, or nothing: FER+'s eight.
    """
    settings = run.settings()
    old = {settings.get("label_set", FERPLUS.name): settings.get("labels", FERPLUS.labels)}
    return {name: tuple(labels) for name, labels in settings.get("heads", old).items()}
