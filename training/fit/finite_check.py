"""Ends a training whose loss or weights are no longer numbers, before it saves them."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from emotion.errors import InputError, ModelError

_LARGEST = 1e18
"""The square of a larger weight is infinite in float32: the next answers are no numbers."""


class DivergedError(InputError):
    """The loss of a training is no longer a finite number."""


class StopIfNotFinite(keras.callbacks.Callback):  # type: ignore[misc]
    """Raises :class:`DivergedError` at the first loss, or the first epoch's weights, that are NaN or infinite.

    It comes before the callbacks that save: what they saved stays good.
    """

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Look at the loss, the mean of the epoch's batches so far."""
        loss = float((logs or {}).get("loss", 0.0))
        if not np.isfinite(loss):
            raise DivergedError(self._words(f"a finite loss; got {loss} at step {batch + 1}"))

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Look at the weights: the last step may have spoiled them after its loss was taken."""
        if (name := non_finite_weight(self.model)) is not None:
            raise DivergedError(self._words(f"finite weights; {name} has others after epoch {epoch + 1}"))

    @staticmethod
    def _words(fault: str) -> str:
        # The rate of this moment says little: schedules begin and end near nothing.
        return f"training ended: expected {fault}; choose a lower --learning-rate"


def expect_finite(model: Any, what: str) -> None:
    """Refuse a network whose weights are not all numbers.

    Args:
        model: A Keras model.
        what: It is, for the message.

    Raises:
        ModelError: A weight is NaN or infinite.
    """
    if (name := non_finite_weight(model)) is not None:
        raise ModelError(f"expected finite weights in {what}; {name} has NaN or infinite ones: its training diverged")


def non_finite_weight(model: Any) -> str | None:
    """Return the name of the first weight with a NaN, infinite or immense value; None if there is none."""
    for weight in model.weights:
        if not (np.abs(keras.ops.convert_to_numpy(weight)) < _LARGEST).all():
            return str(weight.path)
    return None
