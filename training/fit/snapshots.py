"""Restores the recipe, the heads and the averaged weights of a run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from emotion.errors import InputError, ModelError
from emotion.labels import FERPLUS
from training.fit.checkpoints import SETTINGS_FILE, RunFolder
from training.fit.losses import columns_of
from training.networks import build_network
from training.recipes import Recipe


def load_averaged(run: RunFolder, epoch: int | None = None) -> Any:
    """Return the run's network with the averaged weights of an epoch, by default the best one.

    Raises:
        InputError: The weights of this epoch were not kept.
    """
    file = run.averaged_file(epoch or run.state()["best_epoch"])
    if not file.is_file():
        raise InputError(f"expected an epoch whose weights were kept in {run.path.name}; there is no {file.name}")
    return _network_with(run, file)


def _network_with(run: RunFolder, file: Path) -> Any:
    """Return a run's network with the weights in a file."""
    recipe = recipe_of(run)
    outputs = sum(len(labels) for labels in heads_of(run).values())
    model = build_network(recipe.network, outputs, recipe.input_size)
    model.load_weights(file)
    return model


def is_of_run(file: Path) -> bool:
    """Return whether a file holds the averaged weights of a run's epoch."""
    return file.name.startswith("averaged-") and (file.parent / SETTINGS_FILE).is_file()


def start_from_run(model: Any, file: Path, heads: Sequence[tuple[str, ...]]) -> str:
    """Load a run's averaged weights into a network of the same architecture; heads with new labels stay random.

    Args:
        model: A network of the registry.
        file: The averaged weights of one of the run's epochs.
        heads: Labels of the network's heads, in the order of its outputs.

    Returns:
        A description of what was loaded.

    Raises:
        ModelError: The run is of another network.
    """
    run = RunFolder(file.parent)
    if (network := recipe_of(run).network) != model.name:
        raise ModelError(f"expected weights of {model.name}; those in {run.path.name} are of {network}")
    stored, known = _network_with(run, file), list(heads_of(run).values())
    for layer, source in zip(model.layers[:-1], stored.layers[:-1], strict=True):
        layer.set_weights(source.get_weights())
    sources = dict(zip(known, columns_of([*map(len, known)]), strict=True))
    (kernel, bias), (stored_kernel, stored_bias) = (each.layers[-1].get_weights() for each in (model, stored))
    for labels, column in zip(heads, columns_of([*map(len, heads)]), strict=True):
        if labels in sources:
            kernel[:, column], bias[column] = stored_kernel[:, sources[labels]], stored_bias[sources[labels]]
    model.layers[-1].set_weights([kernel, bias])
    return f"weights of {model.name} from {file.name} of the run {run.path.name}"


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
