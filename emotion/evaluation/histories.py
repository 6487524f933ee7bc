"""How models were trained: their ``history.csv``, a row per epoch, as ``python -m training train`` writes it."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from emotion.errors import ModelError
from emotion.labels import label_set_of
from emotion.models.registry import HISTORY_FILE, model_dir
from emotion.types import ModelCard

HEAD_ACCURACY = "public_accuracy_"
"""Followed by the name of a head's label set: its column in the history of a network of several heads."""


def load_history(card: ModelCard) -> pd.DataFrame | None:
    """Return a model's training, a row per epoch, or None where it was not kept.

    Where the network had several heads, ``public_accuracy`` is that of the model's own; the file holds their mean.

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
    # Cards of before heads were named in them are of whole label sets.
    own = HEAD_ACCURACY + card.training.get("head", label_set_of(card.labels).name)
    return history.assign(public_accuracy=history[own]) if own in history else history


def trained_together(histories: Mapping[str, pd.DataFrame]) -> list[list[str]]:
    """Return the groups of models that come of one training: the same losses as far as both go.

    They are heads of its network, or its weights after several epochs.

    Args:
        histories: Model → what :func:`load_history` returns; those without a loss are in no group.
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
