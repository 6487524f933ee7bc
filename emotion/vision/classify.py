"""Classifies expressions with the .tflite network that a model card describes, or with an ensemble of several."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emotion.errors import ImageError
from emotion.model_card import PROBABILITIES
from emotion.models.registry import checked_model_file, load_card, member_cards
from emotion.types import FloatArray, Image, ModelCard
from emotion.vision.litert import LiteRTModel
from emotion.vision.normalise import fit, mirrored, normalise

_MIN_PROBABILITY = 1e-7
"""Lower bound of a probability before its logarithm: the epsilon of Keras' losses."""


class LiteRTClassifier:
    """A classifier that runs the .tflite file or files of a model card; safe to share between threads.

    Args:
        card: The model's card.
        threads: Number of threads for LiteRT.
        file: The file of a model that is not installed; its digest is not checked.
        tta: Whether to use test-time augmentation if the card asks for it (:func:`with_tta`).
    """

    def __init__(self, card: ModelCard, threads: int = 1, *, file: Path | None = None, tta: bool = True) -> None:
        self.card = card if tta else replace(card, second_look_below=0.0)
        self._network: _Network | _Ensemble = (
            _Ensemble([LiteRTClassifier(member, threads, tta=tta) for member in member_cards(card)])
            if card.members
            else _Network(self.card, LiteRTModel(file or checked_model_file(card), threads))
        )

    @property
    def labels(self) -> tuple[str, ...]:
        """Meaning of each probability column."""
        return self.card.labels

    def predict(self, crops: list[Image]) -> FloatArray:
        """Return ``(n, k)`` float32 probabilities, each row summing to 1.

        Args:
            crops: ``n`` faces, uint8, ``(H, W, 3)`` RGB or ``(H, W)`` grey, any size.

        Raises:
            ImageError: A crop has another shape or type.
        """
        return scaled_softmax(self.logits(crops), self.card.temperature)

    def logits(self, crops: list[Image]) -> FloatArray:
        """Return ``(n, k)`` float32 logits; of ensembles and files that output probabilities, log-probabilities."""
        return self._network.logits(crops) if crops else np.zeros((0, len(self.labels)), np.float32)


class _Network:
    def __init__(self, card: ModelCard, model: LiteRTModel) -> None:
        self._card = card
        self._model = model

    def logits(self, crops: list[Image]) -> FloatArray:
        values = normalise(np.stack([self._fit(crop) for crop in crops]), self._card.normalisation)
        return with_tta(self._answers, values, self._card.second_look_below)

    def _answers(self, values: FloatArray) -> FloatArray:
        answers = self._model.each(values).reshape(len(values), -1)
        return log_probabilities(answers) if self._card.outputs == PROBABILITIES else answers

    def _fit(self, crop: Image) -> Image:
        if (
            crop.dtype != np.uint8
            or crop.ndim not in {2, 3}
            or (crop.ndim == 3 and crop.shape[2] != 3)
            or not crop.size
        ):
            raise ImageError(f"expected a uint8 face of shape (H, W, 3) or (H, W); got {crop.dtype} {crop.shape}")
        return fit(crop, self._card.input_size, self._card.colour)


class _Ensemble:
    """Several classifiers with the same labels; their input and temperature may differ."""

    def __init__(self, members: Sequence[LiteRTClassifier]) -> None:
        self._members = members

    def logits(self, crops: list[Image]) -> FloatArray:
        return ensemble_logits([member.predict(crops) for member in self._members])


def scaled_softmax(logits: FloatArray, temperature: float) -> FloatArray:
    """Return the softmax, ``(n, k)`` float32, of logits divided by a temperature."""
    scaled = logits.astype(np.float64) / temperature
    exponentials = np.exp(scaled - scaled.max(axis=1, keepdims=True, initial=-np.inf))
    return (exponentials / exponentials.sum(axis=1, keepdims=True)).astype(np.float32)


def ensemble_logits(answers: Sequence[FloatArray]) -> FloatArray:
    """Return the logarithm of the members' mean probabilities, ``(n, k)`` float32 (Lakshminarayanan et al. 2017).

    Not the mean logits: their scale differs between networks, while temperatures calibrate the probabilities.
    """
    return log_probabilities(np.asarray(np.mean(answers, axis=0, dtype=np.float64), np.float32))


def with_tta(answer: Callable[[NDArray[Any]], FloatArray], faces: NDArray[Any], below: float) -> FloatArray:
    """Return ``(n, k)`` logits with test-time augmentation: uncertain ones are averaged with the mirrored face's.

    A mirrored face shows the same expression, so the two answers differ only by errors of the network. Confident
    answers are left alone, as averaging would not change their label.

    Args:
        answer: Returns the logits of faces.
        faces: ``(n, h, w, …)``, as ``answer`` takes them.
        below: Margin between the two highest logits below which an answer is uncertain; 0 turns augmentation off.
    """
    logits = np.array(answer(faces), np.float32)
    uncertain = margins(logits) < below
    if uncertain.any():
        logits[uncertain] = (logits[uncertain] + answer(mirrored(faces[uncertain]))) / 2
    return logits


def margins(logits: FloatArray) -> FloatArray:
    """Return the difference between the two largest values of each row, ``(n,)``, ≥ 0."""
    second, first = np.moveaxis(np.partition(logits, -2, axis=1)[:, -2:], 1, 0)
    return np.asarray(first - second, np.float32)


def log_probabilities(probabilities: FloatArray) -> FloatArray:
    """Return the natural logarithms of probabilities, which are clipped below at 1e-7."""
    return np.log(np.maximum(probabilities, np.float32(_MIN_PROBABILITY)))


def load_classifier(name: str = "default") -> LiteRTClassifier:
    """Return one of the models of :func:`emotion.list_models`, or the ``"default"`` one.

    Raises:
        ModelError: There is no such model, or its file does not match its card.
    """
    return LiteRTClassifier(load_card(name))
