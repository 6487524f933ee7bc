"""Keras callbacks: weight averaging, validation, checkpoints and progress lines."""

from __future__ import annotations

import time
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from emotion.evaluation.histories import HEAD_ACCURACY
from emotion.types import FloatArray
from training.data.inputs import InputForm, predict_logits
from training.data.pipeline import TrainingData
from training.data.targets import Examples, Head
from training.fit.batch_norm import batch_norm_batches, recompute_batch_norm
from training.fit.checkpoints import RunFolder
from training.fit.losses import columns_of
from training.recipes import Recipe

RECALL = "public_recall_"
"""Prefix, before the name of a set, of the history column with the mean recall of its labels."""
SCORE = "public_score"
"""History column by which the best epoch on several sets is chosen."""


class WeightAverage(keras.callbacks.Callback):  # type: ignore[misc]
    """Keeps an exponential moving average of all weights, batch-norm statistics included.

    The average generalises better than the last weights (Polyak and Juditsky 1992). It follows faster at first, to
    forget the random initial weights.
    """

    def __init__(self, decay: float, weights: list[FloatArray] | None = None, steps: int = 0) -> None:
        """Start from the model's own weights, or resume from ``weights`` after ``steps`` steps."""
        super().__init__()
        self.decay = decay
        self.weights = weights
        self.steps = steps

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        """Start from the model's weights if none were given."""
        if self.weights is None:
            self.weights = self.model.get_weights()

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        """Move the average a step towards the current weights."""
        self.steps += 1
        share = 1 - min(self.decay, (1 + self.steps) / (10 + self.steps))
        for average, current in zip(self.weights or [], self.model.get_weights(), strict=True):
            np.add(average, share * (current - average), out=average)


class EpochEnd(keras.callbacks.Callback):  # type: ignore[misc]
    """Validates the (averaged) weights, saves a checkpoint and prints a progress line.

    It must precede callbacks that monitor the validation scores, which it adds to ``logs``.
    """

    def __init__(
        self,
        run: RunFolder,
        average: WeightAverage | None,
        form: InputForm,
        training_data: TrainingData,
        recipe: Recipe,
    ) -> None:
        super().__init__()
        self.run = run
        self.average = average
        self.form = form
        self.training_data = training_data
        self.recipe = recipe
        self.started = 0.0

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Start timing the epoch."""
        self.started = time.monotonic()

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Record the epoch and the best one so far."""
        logs = {} if logs is None else logs
        finished = epoch + 1
        logs.update(self._validate_and_save(finished))
        record = {
            "epoch": finished,
            **{key: float(logs[key]) for key in ("loss", "accuracy", "public_accuracy", "public_loss")},
            **{key: value for key, value in logs.items() if key.startswith((HEAD_ACCURACY, SCORE, RECALL))},
            "learning_rate": float(keras.ops.convert_to_numpy(self.model.optimizer.learning_rate)),
            "seconds": round(time.monotonic() - self.started, 1),
        }
        history = [*self.run.state()["history"], record]
        best = max(history, key=lambda row: row.get(SCORE, row["public_accuracy"]))
        state = {"epoch": finished, "best_epoch": best["epoch"], "history": history}
        self.run.save_state(state, keep=self.recipe.cycle_ends)
        print(_progress_line(record, best, self.recipe.epochs), flush=True)

    def _validate_and_save(self, finished: int) -> dict[str, float]:
        """Save the current network, then validate and save the averaged weights."""
        self.model.save(self.run.model_file(finished))
        current = self.model.get_weights()
        if self.average is not None:
            self.model.set_weights(self.average.weights)
        recompute_batch_norm(self.model, batch_norm_batches(self.training_data.train, self.form))
        logits = predict_logits(self.model, self.form, self.training_data.validation.images)
        self.model.save_weights(self.run.averaged_file(finished))
        self.model.set_weights(current)
        return validation_scores(logits, self.training_data.validation)


def validation_scores(logits: FloatArray, validation: Examples) -> dict[str, float]:
    """Return the mean accuracy and the summed cross-entropy of the heads, and with several heads each accuracy.

    Args:
        logits: ``(n, outputs)`` float32.
        validation: The ``n`` examples.
    """
    if validation.origin is not None:
        return _scores_by_set(logits, validation)
    columns = columns_of([len(head.label_set) for head in validation.heads])
    scores = [_head_scores(logits[:, column], head) for column, head in zip(columns, validation.heads, strict=True)]
    accuracies, losses = zip(*scores, strict=True)
    names = [f"{HEAD_ACCURACY}{head.label_set.name}" for head in validation.heads]
    total = {"public_accuracy": float(np.mean(accuracies)), "public_loss": float(np.sum(losses))}
    return total | (dict(zip(names, accuracies, strict=True)) if len(names) > 1 else {})


def _scores_by_set(logits: FloatArray, validation: Examples) -> dict[str, float]:
    """Return :func:`validation_scores` for several sets, and the score that selects the best epoch.

    Each head is scored on each set with labels for it, restricted to the labels that occur there. The score is the
    mean of all accuracies and mean recalls.
    """
    total: dict[str, float] = {"public_loss": 0.0}
    columns = columns_of([len(head.label_set) for head in validation.heads])
    origin = np.zeros(len(logits), np.int16) if validation.origin is None else validation.origin
    for column, head in zip(columns, validation.heads, strict=True):
        total["public_loss"] += _head_scores(logits[:, column], head)[1]
        for number, name in enumerate(validation.sets):
            rows = (origin == number) & (head.truth >= 0)
            if rows.any():
                key = name if number else head.label_set.name
                accuracy, recall = _accuracy_and_recall(logits[rows, column], head.truth[rows])
                total |= {f"{HEAD_ACCURACY}{key}": accuracy, f"{RECALL}{key}": recall}
    accuracies = [value for key, value in total.items() if key.startswith(HEAD_ACCURACY)]
    recalls = [value for key, value in total.items() if key.startswith(RECALL)]
    return {"public_accuracy": float(np.mean(accuracies)), SCORE: float(np.mean(accuracies + recalls))} | total


def _accuracy_and_recall(logits: FloatArray, truth: NDArray[np.int8]) -> tuple[float, float]:
    known = np.unique(truth)
    right = known[logits[:, known].argmax(axis=1)] == truth
    return float(right.mean()), float(np.mean([right[truth == label].mean() for label in known]))


def _head_scores(logits: FloatArray, head: Head) -> tuple[float, float]:
    """Return the accuracy on labelled faces and the mean cross-entropy with the targets."""
    decided = head.truth >= 0
    correct = logits.argmax(axis=1)[decided] == head.truth[decided]
    log_probabilities = logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)
    return float(correct.mean()), float(-(head.shares * log_probabilities).sum(axis=1).mean())


def _progress_line(record: dict[str, Any], best: dict[str, Any], epochs: int) -> str:
    left_min = (epochs - record["epoch"]) * record["seconds"] / 60
    heads = [f"{key.removeprefix(HEAD_ACCURACY)} {record[key]:.4f}" for key in record if key.startswith(HEAD_ACCURACY)]
    heads += [f"recall {key.removeprefix(RECALL)} {record[key]:.4f}" for key in record if key.startswith(RECALL)]
    return (
        f"epoch {record['epoch']}/{epochs}  loss {record['loss']:.4f}  accuracy {record['accuracy']:.4f}  "
        f"validation loss {record['public_loss']:.4f} accuracy {record['public_accuracy']:.4f} "
        f"({', '.join(heads)}{'; ' if heads else ''}best {best['public_accuracy']:.4f} at {best['epoch']})  "
        f"{record['seconds']:.0f} s, about {left_min:.0f} min left"
    )
