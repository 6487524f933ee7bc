"""Names what a face shows: a small int8 network described by its model card."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from emotion.errors import ImageError
from emotion.registry import checked_model_file, load_card
from emotion.types import PROBABILITIES, FloatArray, Image, ModelCard
from emotion.vision.litert import LiteRTModel
from emotion.vision.normalise import fit, normalise

_LEAST_PROBABILITY = 1e-7
"""Probabilities are raised to this before their logarithm is taken: the epsilon of Keras' losses."""


class LiteRTClassifier:
    """A classifier that runs a .tflite file as its card says; safe to share between threads.

    Args:
        card: What the file is.
        threads: That LiteRT may use.
        file: Where it lies, if it is not yet among the models; its digest is not compared then.
    """

    def __init__(self, card: ModelCard, threads: int = 1, *, file: Path | None = None) -> None:
        self.card = card
        self._model = LiteRTModel(file or checked_model_file(card), threads)

    @property
    def labels(self) -> tuple[str, ...]:
        """Meaning of each probability column."""
        return self.card.labels

    def predict(self, crops: list[Image]) -> FloatArray:
        """Return ``(n, k)`` float32 probabilities, each row summing to 1.

        Args:
            crops: ``n`` faces, uint8, ``(H, W, 3)`` RGB or ``(H, W)`` grey, any size.

        Raises:
            ImageError: A crop is not such an array.
        """
        scaled = self.logits(crops).astype(np.float64) / self.card.temperature
        exponentials = np.exp(scaled - scaled.max(axis=1, keepdims=True, initial=-np.inf))
        return (exponentials / exponentials.sum(axis=1, keepdims=True)).astype(np.float32)

    def logits(self, crops: list[Image]) -> FloatArray:
        """Return ``(n, k)`` float32 raw scores for the same crops.

        Where the file answers with probabilities, these are their logarithms, whose softmax they are.
        """
        if not crops:
            return np.zeros((0, len(self.labels)), np.float32)
        values = normalise(np.stack([self._fit(crop) for crop in crops]), self.card.normalisation)
        answers = np.concatenate([self._model(face[None])[0].reshape(1, -1) for face in values])
        return np.log(np.maximum(answers, _LEAST_PROBABILITY)) if self.card.outputs == PROBABILITIES else answers

    def _fit(self, crop: Image) -> Image:
        """Return the crop in the colour and size that the card asks for."""
        if (
            crop.dtype != np.uint8
            or crop.ndim not in {2, 3}
            or (crop.ndim == 3 and crop.shape[2] != 3)
            or not crop.size
        ):
            raise ImageError(f"expected a uint8 face of shape (H, W, 3) or (H, W); got {crop.dtype} {crop.shape}")
        return fit(crop, self.card.input_size, self.card.colour)


def load_classifier(name: str = "default") -> LiteRTClassifier:
    """Return one of the models of :func:`emotion.list_models`.

    Args:
        name: Its name, or ``"default"``.

    Raises:
        ModelError: There is no such model, or its file is not as its card says.
    """
    return LiteRTClassifier(load_card(name))
