"""Stops, or goes slower, when validation no longer improves; a resumed run remembers what came before.

Keras' callbacks begin to count anew with every ``fit``. These hear a run's history first, so that
a run that was killed stops and slows down at the same epochs as one that was not.
"""

from __future__ import annotations

from typing import Any

import keras

from training.recipes import Recipe

History = list[dict[str, Any]]
"""One record per finished epoch, as in ``history.csv``."""

ACCURACY, LOSS = "public_accuracy", "public_loss"


class EarlyStopping(keras.callbacks.EarlyStopping):  # type: ignore[misc]
    """Early stopping on the validation accuracy. The best epoch's weights are kept by the run's folder."""

    def __init__(self, patience: int, history: History) -> None:
        """Take the number of epochs without improvement, and the epochs of this phase already done."""
        super().__init__(monitor=ACCURACY, mode="max", patience=patience)
        self.history = history

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        """Hear what happened so far."""
        super().on_train_begin(logs)
        _replay(self, self.history)


class ReduceOnPlateau(keras.callbacks.ReduceLROnPlateau):  # type: ignore[misc]
    """Halves the learning rate when the validation loss stalls."""

    def __init__(self, patience: int, history: History, learning_rate: float) -> None:
        """Take the number of epochs without improvement, the epochs already done and the phase's first rate."""
        super().__init__(monitor=LOSS, mode="min", factor=0.5, patience=patience)
        self.history = history
        self.learning_rate = learning_rate

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        """Go back to the first rate, then hear what happened so far, which lowers it again."""
        super().on_train_begin(logs)
        self.model.optimizer.learning_rate = self.learning_rate
        _replay(self, self.history)


def has_stopped(recipe: Recipe, history: History) -> bool:
    """Return whether a run whose last phase has this history was stopped early."""
    if not recipe.patience or not history:
        return False
    best = max(history, key=lambda row: row[ACCURACY])
    return bool(history[-1]["epoch"] - best["epoch"] >= recipe.patience)


def _replay(callback: Any, history: History) -> None:
    for row in history:
        callback.on_epoch_end(row["epoch"] - 1, dict(row))
