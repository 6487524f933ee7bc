"""What a card says of a model's answers, fixed on the validation split: second looks, temperature, clearness."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from emotion.errors import DatasetError
from emotion.labels import NO_LABEL
from emotion.metrics import fit_temperature, unclear_threshold
from emotion.registry import load_card, model_dir, save_card
from emotion.scoring import nearest_set, recode
from emotion.types import FloatArray, Image, ModelCard
from emotion.vision.classify import LiteRTClassifier, margins, softened
from emotion.vision.landmarks import FaceMesh
from training.clearness import with_slopes
from training.datasets.face_set import FaceSet
from training.material import read_validation
from training.targets import label_sets_of, truths

SECOND_LOOKS = 0.25
"""Share of faces that are looked at again: the least sure quarter. More cost time, and change next to no answer."""

_DIGITS = 4


def calibrate(name: str, data: Path) -> ModelCard:
    """Fix a model's second looks, temperature and limit of clearness anew; its card loses the scores of before.

    Args:
        name: Of the model, or an alias.
        data: Folder of the data set, of which the validation split is read.

    Raises:
        DatasetError: No face of it has a label that the model knows.
    """
    faces = read_validation(data)
    card = replace(load_card(name), scores={}, second_look_below=0.0)
    truth, images = truth_for(card, faces), list(faces.images)
    card, logits = with_second_look(card, LiteRTClassifier(card).logits(images), images, truth)
    card = with_slopes(calibrated(card, logits, truth), images, truth, FaceMesh())
    save_card(card, model_dir(name))
    return card


def calibrated(card: ModelCard, logits: FloatArray, truth: NDArray[np.int8]) -> ModelCard:
    """Return a card with the temperature that fits best, and the limit of clearness that follows.

    Args:
        card: Of the model.
        logits: ``(n, k)`` of the validation faces.
        truth: ``(n,)`` positions of the right labels among the card's, −1 where there is none.

    Raises:
        DatasetError: No face has a label that the model knows.
    """
    decided = truth != NO_LABEL
    if not decided.any():
        raise DatasetError(f"expected validation faces of {', '.join(card.labels)}; there are none")
    temperature = round(fit_temperature(logits[decided], truth[decided]), _DIGITS)
    return with_threshold(replace(card, temperature=temperature), logits, truth)


def with_second_look(
    card: ModelCard, logits: FloatArray, images: Sequence[Image], truth: NDArray[np.int8]
) -> tuple[ModelCard, FloatArray]:
    """Let a model look again at a quarter of faces, where that makes more of its answers right.

    Args:
        card: Of the model, which looks once; an ensemble's members look twice or not as their own cards say.
        logits: ``(n, k)`` of the validation faces.
        images: These faces.
        truth: As of :func:`calibrated`.

    Returns:
        The card, and the logits of these faces by it.
    """
    if card.members:
        return card, logits
    limit = round(float(np.quantile(margins(logits), SECOND_LOOKS)), _DIGITS)
    twice = replace(card, second_look_below=limit)
    again = LiteRTClassifier(twice).logits(list(images))
    gained = np.sum(again.argmax(axis=1) == truth) - np.sum(logits.argmax(axis=1) == truth)
    return (twice, again) if gained > 0 else (card, logits)


def with_threshold(card: ModelCard, logits: FloatArray, truth: NDArray[np.int8]) -> ModelCard:
    """Return a card with the probability below which its answers are more likely wrong than right.

    Args: As of :func:`calibrated`; without a decided face the card stays as it is.
    """
    decided = truth != NO_LABEL
    if not decided.any():
        return card
    probabilities = softened(logits[decided], card.temperature)
    right = probabilities.argmax(axis=1) == truth[decided]
    return replace(card, unclear_below=round(unclear_threshold(probabilities.max(axis=1), right), _DIGITS))


def truth_for(card: ModelCard, faces: FaceSet) -> NDArray[np.int8]:
    """Return what faces show as positions among a card's labels, −1 where that is unknown to either.

    Of the kinds of label that the faces have, the nearest to the card's counts: FER+'s majority for
    eight expressions, FER2013's own for its seven.
    """
    label_set = nearest_set(card.labels, label_sets_of(faces))
    return recode(truths(faces, label_set), label_set, card.labels)
