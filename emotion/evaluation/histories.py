"""Reads models' training histories: ``history.csv``, a row per epoch, as ``python -m training train`` writes it."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from emotion.errors import ModelError
from emotion.labels import label_set_of
from emotion.models.registry import HISTORY_FILE, model_dir
from emotion.types import ModelCard

HEAD_ACCURACY = "public_accuracy_"
"""Prefix of a head's column, followed by its label set's name, in the history of a network with several heads."""


def load_history(card: ModelCard) -> pd.DataFrame | None:
    """Return a model's training history, a row per epoch, or None.

    For a network with several heads, ``public_accuracy`` is the model's head's; the file has the mean of all heads.

    Raises:
        ModelError: There is no such model, or its file is damaged.
    """
    file = model_dir(card.name) / HISTORY_FILE
    if not file.is_file():
        return None
    try:
        history = pd.read_csv(file)
    except (OSError, ValueError) as error:
        raise ModelError(f"the history of model {card.name!r} cannot be read: {error}") from error
    if "epoch" not in history:
        raise ModelError(f"expected a column 'epoch' in the history of model {card.name!r}; got {list(history)}")
    # Old cards do not name their head; their label sets are complete.
    own = HEAD_ACCURACY + card.training.get("head", label_set_of(card.labels).name)
    return history.assign(public_accuracy=history[own]) if own in history else history


def trained_together(histories: Mapping[str, pd.DataFrame]) -> list[list[str]]:
    """Return the groups of models from one training: heads of one network, or its weights after different epochs.

    Their losses are the same up to the end of the shorter history. Histories without a loss are in no group.

    Args:
        histories: Model → result of :func:`load_history`.
    """
    losses = {name: history["loss"].tolist() for name, history in histories.items() if "loss" in history}
    groups: list[list[str]] = []
    for name in sorted(losses, key=lambda one: -len(losses[one])):
        mates = (names for names in groups if losses[names[0]][: len(losses[name])] == losses[name])
        if group := next(mates, None):
            group.append(name)
        else:
            groups.append([name])
    return [names for names in groups if len(names) > 1]
