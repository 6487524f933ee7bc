"""Converts faces to network input, one batch at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from emotion.types import FloatArray
from emotion.vision.normalise import GREY, fit, normalise

Value = TypeVar("Value", bound=np.generic)

BATCH = 64
"""Faces prepared at once: 64 colour faces of 224 px take 40 MB as float32."""


@dataclass(frozen=True, slots=True)
class InputForm:
    """Form of a network's input, as its card states it to the app.

    Attributes:
        size: Side, px.
        colour: ``"grey"`` or ``"rgb"``.
        normalisation: See ``emotion.vision.normalise``.
    """

    size: int
    colour: str
    normalisation: str

    @property
    def shape(self) -> tuple[int, int, int]:
        """Height, width, channels."""
        return (self.size, self.size, 1 if self.colour == GREY else 3)

    def prepare(self, images: NDArray[np.uint8]) -> FloatArray:
        """Resize, convert and normalise faces as the app does.

        Args:
            images: ``(n, s, s)`` grey or ``(n, s, s, 3)`` RGB uint8, n > 0.

        Returns:
            ``(n, *shape)`` float32.
        """
        return normalise(np.stack([fit(image, self.size, self.colour) for image in images]), self.normalisation)


def predict_logits(model: Any, form: InputForm, images: NDArray[np.uint8]) -> FloatArray:
    """Return ``(n, k)`` float32 logits of any number of faces, preparing one batch at a time.

    Args:
        model: A Keras model.
        form: Form of its input.
        images: ``(n, s, s)`` or ``(n, s, s, 3)`` uint8.
    """
    return batchwise(lambda faces: model.predict_on_batch(form.prepare(faces)), images)


def batchwise(function: Callable[[NDArray[np.uint8]], NDArray[Value]], images: NDArray[np.uint8]) -> NDArray[Value]:
    """Apply a function batch by batch and concatenate the results."""
    starts = range(0, len(images), BATCH)
    return np.concatenate([np.asarray(function(images[start : start + BATCH])) for start in starts])
