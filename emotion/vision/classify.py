"""Names what a face shows: a small int8 network described by its model card, or several of them together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emotion.errors import ImageError
from emotion.models.registry import checked_model_file, load_card, member_cards
from emotion.types import PROBABILITIES, FloatArray, Image, ModelCard
from emotion.vision.litert import LiteRTModel
from emotion.vision.normalise import fit, mirrored, normalise

_LEAST_PROBABILITY = 1e-7
"""Probabilities are raised to this before their logarithm is taken: the epsilon of Keras' losses."""


class LiteRTClassifier:
    """A classifier that runs a .tflite file, or an ensemble's, as its card says; safe to share between threads.

    Args:
        card: What the file is.
        threads: That LiteRT may use.
        file: Where it lies, if it is not yet among the models; its digest is not compared then.
        second_looks: Look again at unsure faces where a card asks for it (:func:`looked_twice`).
    """

    def __init__(
        self, card: ModelCard, threads: int = 1, *, file: Path | None = None, second_looks: bool = True
    ) -> None:
        self.card = card if second_looks else replace(card, second_look_below=0.0)
        self._network: _Network | _Ensemble = (
            _Ensemble([LiteRTClassifier(member, threads, second_looks=second_looks) for member in member_cards(card)])
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
            ImageError: A crop is not such an array.
        """
        return softened(self.logits(crops), self.card.temperature)

    def logits(self, crops: list[Image]) -> FloatArray:
        """Return ``(n, k)`` float32 raw scores for the same crops.

        Where the file answers with probabilities, or several files do together, these are their
        logarithms, whose softmax they are.
        """
        return self._network.logits(crops) if crops else np.zeros((0, len(self.labels)), np.float32)


class _Network:
    """One .tflite file."""

    def __init__(self, card: ModelCard, model: LiteRTModel) -> None:
        self._card = card
        self._model = model

    def logits(self, crops: list[Image]) -> FloatArray:
        values = normalise(np.stack([self._fit(crop) for crop in crops]), self._card.normalisation)
        return looked_twice(self._answers, values, self._card.second_look_below)

    def _answers(self, values: FloatArray) -> FloatArray:
        answers = np.concatenate([self._model(face[None])[0].reshape(1, -1) for face in values])
        return logarithms(answers) if self._card.outputs == PROBABILITIES else answers

    def _fit(self, crop: Image) -> Image:
        """Return the crop in the colour and size that the card asks for."""
        if (
            crop.dtype != np.uint8
            or crop.ndim not in {2, 3}
            or (crop.ndim == 3 and crop.shape[2] != 3)
            or not crop.size
        ):
            raise ImageError(f"expected a uint8 face of shape (H, W, 3) or (H, W); got {crop.dtype} {crop.shape}")
        return fit(crop, self._card.input_size, self._card.colour)


class _Ensemble:
    """Several classifiers of the same labels, each with an input form and a temperature of its own."""

    def __init__(self, members: Sequence[LiteRTClassifier]) -> None:
        self._members = members

    def logits(self, crops: list[Image]) -> FloatArray:
        return joint_logits([member.predict(crops) for member in self._members])


def softened(logits: FloatArray, temperature: float) -> FloatArray:
    """Return the softmax, ``(n, k)`` float32, of logits divided by a temperature."""
    scaled = logits.astype(np.float64) / temperature
    exponentials = np.exp(scaled - scaled.max(axis=1, keepdims=True, initial=-np.inf))
    return (exponentials / exponentials.sum(axis=1, keepdims=True)).astype(np.float32)


def joint_logits(answers: Sequence[FloatArray]) -> FloatArray:
    """Return an ensemble's raw scores: the logarithm of its members' mean probabilities, ``(n, k)`` float32.

    Probabilities are averaged and not logits, whose scale differs from network to network: each
    member's temperature has made its probabilities mean the same (Lakshminarayanan et al. 2017).
    """
    return logarithms(np.asarray(np.mean(answers, axis=0, dtype=np.float64), np.float32))


def looked_twice(answer: Callable[[NDArray[Any]], FloatArray], faces: NDArray[Any], below: float) -> FloatArray:
    """Return ``(n, k)`` logits; of unsure answers, their mean with those to the faces' mirror images.

    A mirrored face shows the same expression, so a network's answers to both differ by its errors alone. Where one
    label leads by far, their mean names the same: asking again about unsure ones brings what asking about all would.

    Args:
        answer: Returns the logits of faces.
        faces: ``(n, h, w, …)``, in whatever form it takes them.
        below: Answers whose first label leads by less, in logits, are unsure; with 0 none is.
    """
    logits = np.array(answer(faces), np.float32)
    unsure = margins(logits) < below
    if unsure.any():
        logits[unsure] = (logits[unsure] + answer(mirrored(faces[unsure]))) / 2
    return logits


def margins(logits: FloatArray) -> FloatArray:
    """Return by how much each row's largest value leads, ``(n,)``, ≥ 0."""
    second, first = np.moveaxis(np.partition(logits, -2, axis=1)[:, -2:], 1, 0)
    return np.asarray(first - second, np.float32)


def logarithms(probabilities: FloatArray) -> FloatArray:
    """Return the logarithms of probabilities, which are kept from 0."""
    return np.log(np.maximum(probabilities, np.float32(_LEAST_PROBABILITY)))


def load_classifier(name: str = "default") -> LiteRTClassifier:
    """Return one of the models of :func:`emotion.list_models`.

    Args:
        name: Its name, or ``"default"``.

    Raises:
        ModelError: There is no such model, or its file is not as its card says.
    """
    return LiteRTClassifier(load_card(name))
