"""Stops training when the loss or weights become NaN or infinite, before they are saved."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from emotion.errors import InputError, ModelError

_LARGEST = 1e18
"""Larger weights overflow float32 when squared, so the next outputs would be NaN."""


class DivergedError(InputError):
    """The loss of a training is no longer a finite number."""


class StopIfNotFinite(keras.callbacks.Callback):  # type: ignore[misc]
    """Raises :class:`DivergedError` when a batch's loss or an epoch's weights are NaN or infinite.

    It must precede callbacks that save, so that saved files stay good.
    """

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Check the epoch's mean loss so far."""
        loss = float((logs or {}).get("loss", 0.0))
        if not np.isfinite(loss):
            raise DivergedError(self._message(f"a finite loss; got {loss} at step {batch + 1}"))

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Check the weights, which the last step may have changed after its loss was computed."""
        if (name := non_finite_weight(self.model)) is not None:
            raise DivergedError(self._message(f"finite weights; {name} has others after epoch {epoch + 1}"))

    @staticmethod
    def _message(fault: str) -> str:
        # Without the current rate, which schedules start and end near zero.
        return f"training ended: expected {fault}; choose a lower --learning-rate"


def expect_finite(model: Any, what: str) -> None:
    """Refuse a network with NaN or infinite weights.

    Args:
        model: A Keras model.
        what: Its name in the message.

    Raises:
        ModelError: A weight is NaN or infinite.
    """
    if (name := non_finite_weight(model)) is not None:
        raise ModelError(f"expected finite weights in {what}; {name} has NaN or infinite ones: its training diverged")


def non_finite_weight(model: Any) -> str | None:
    """Return the name of the first weight with a NaN, infinite or huge value, or None."""
    for weight in model.weights:
        if not (np.abs(keras.ops.convert_to_numpy(weight)) < _LARGEST).all():
            return str(weight.path)
    return None
