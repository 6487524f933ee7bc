"""Early stopping and learning-rate reduction that survive a resume.

Keras' callbacks reset their counters with every ``fit``. These replay a run's history first, so that a resumed run
stops and reduces its rate at the same epochs as an uninterrupted one.
"""

from __future__ import annotations

from typing import Any

import keras

from training.recipes import Recipe

History = list[dict[str, Any]]
"""One record per finished epoch, as in ``history.csv``."""

ACCURACY, LOSS = "public_accuracy", "public_loss"


class EarlyStopping(keras.callbacks.EarlyStopping):  # type: ignore[misc]
    """Stops when the validation accuracy no longer improves; the run's folder keeps the best weights."""

    def __init__(self, patience: int, history: History) -> None:
        """Take the number of epochs without improvement, and the finished epochs of this phase."""
        super().__init__(monitor=ACCURACY, mode="max", patience=patience)
        self.history = history

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        """Replay the history."""
        super().on_train_begin(logs)
        _replay(self, self.history)


class ReduceOnPlateau(keras.callbacks.ReduceLROnPlateau):  # type: ignore[misc]
    """Halves the learning rate when the validation loss no longer improves."""

    def __init__(self, patience: int, history: History, learning_rate: float) -> None:
        """Take the number of epochs without improvement, the finished epochs and the phase's initial rate."""
        super().__init__(monitor=LOSS, mode="min", factor=0.5, patience=patience)
        self.history = history
        self.learning_rate = learning_rate

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        """Restore the initial rate, then replay the history, which reduces it again."""
        super().on_train_begin(logs)
        self.model.optimizer.learning_rate = self.learning_rate
        _replay(self, self.history)


def has_stopped(recipe: Recipe, history: History) -> bool:
    """Return whether a run whose last phase has this history has stopped early."""
    if not recipe.patience or not history:
        return False
    best = max(history, key=lambda row: row[ACCURACY])
    return bool(history[-1]["epoch"] - best["epoch"] >= recipe.patience)


def _replay(callback: Any, history: History) -> None:
    for row in history:
        callback.on_epoch_end(row["epoch"] - 1, dict(row))
