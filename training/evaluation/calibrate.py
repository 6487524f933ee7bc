"""What a card says of a model's answers, fixed on validation faces: second looks, temperature, limit of clear answers.

Models that learned from several data sets are calibrated on the validation faces of each
(:mod:`training.evaluation.pooled_calibration`), others on the one validation split of theirs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from emotion.errors import DatasetError
from emotion.evaluation.metrics import fit_temperature, unclear_threshold
from emotion.evaluation.scoring import judged_set, nearest_set, recode
from emotion.labels import NO_LABEL, RAFDB
from emotion.models.registry import load_card, model_dir, save_card
from emotion.types import FloatArray, Image, ModelCard
from emotion.vision.classify import LiteRTClassifier, margins, softened
from emotion.vision.landmarks import FaceMesh
from training.data.pipeline import read_validation
from training.data.targets import label_sets_of, truths
from training.datasets.face_set import FaceSet
from training.datasets.readers.parquet import default_faces_dir
from training.evaluation.abstention_slopes import with_slopes
from training.evaluation.evaluation_sets import read_rafdb
from training.evaluation.pooled_calibration import CALIBRATED_ON, SetAnswers, fit_on_sets, set_weights

TTA_SHARE = 0.25
"""Share of faces that are looked at again: the least sure quarter. More cost time, and change next to no answer."""

_DIGITS = 4


def calibrate(name: str, data: Path, faces: Path | None = None) -> ModelCard:
    """Fix a model's second looks, temperature and limit of clearness anew; its card loses the scores of before.

    Args:
        name: Of the model, or an alias.
        data: Folder of the data set, of which the validation split is read.
        faces: Folder of aligned faces, if RAF-DB's validation faces count as well; a model that learned from RAF-DB
            is calibrated on those in the default folder if None.

    Raises:
        DatasetError: No face of a set has a label that the model knows, or RAF-DB's faces are missing.
    """
    card = replace(load_card(name), scores={}, second_look_below=0.0)
    card = calibrate_card(card, validation_sets(card, data, faces))
    save_card(card, model_dir(name))
    return card


def validation_sets(card: ModelCard, data: Path, faces: Path | None = None) -> list[FaceSet]:
    """Return the validation faces that a model is calibrated on: of its data set and, if it learned from it, RAF-DB.

    Args: As of :func:`calibrate`.
    """
    if faces is None and learned_from_rafdb(card):
        faces = default_faces_dir()
    return [read_validation(data), *([] if faces is None else [read_rafdb(faces, "validation")])]


def learned_from_rafdb(card: ModelCard) -> bool:
    """Return whether a card names RAF-DB among the sources of its training, or was calibrated on it before."""
    before = card.training.get(CALIBRATED_ON) or {}
    named = [*(card.training.get("sources") or ()), *before.get("sets", ())]
    return any(name.startswith(RAFDB.name) for name in named)


def calibrate_card(card: ModelCard, sets: Sequence[FaceSet], file: Path | None = None) -> ModelCard:
    """Return a card with second looks, temperature, limit and slopes fitted on validation faces of one set or several.

    Args:
        card: Of the model.
        sets: Validation faces.
        file: Where the model's file lies, if it is not yet among the models.

    Raises:
        DatasetError: No face of a set has a label that the model knows.
    """
    answered = [truth_for(card, one) for one in sets]
    images, sizes = [image for one in sets for image in one.images], [len(one) for one in sets]
    logits = LiteRTClassifier(card, file=file).logits(images)
    card, logits = with_tta(card, logits, images, np.concatenate(answered), set_weights(sizes), file)
    if len(sets) == 1:
        card = fit_on_set(card, logits, answered[0])
    else:
        parts = np.split(logits, np.cumsum(sizes)[:-1])
        card = fit_on_sets(card, [set_answers(card, one, part) for one, part in zip(sets, parts, strict=True)])
    return with_slopes(card, images, np.concatenate(answered), FaceMesh(), file)


def set_answers(card: ModelCard, faces: FaceSet, logits: FloatArray) -> SetAnswers:
    """Return a model's answers to faces with the labels that suit it best."""
    label_set = nearest_set(card.labels, label_sets_of(faces))
    judged = judged_set(label_set, card.labels) or label_set
    return SetAnswers(judged.name, faces.split, logits, truth_for(card, faces))


def fit_on_set(card: ModelCard, logits: FloatArray, truth: NDArray[np.int8]) -> ModelCard:
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
    return with_abstention_threshold(replace(card, temperature=temperature), logits, truth)


def with_tta(
    card: ModelCard,
    logits: FloatArray,
    images: Sequence[Image],
    truth: NDArray[np.int8],
    weights: NDArray[np.float64] | None = None,
    file: Path | None = None,
) -> tuple[ModelCard, FloatArray]:
    """Let a model look again at a quarter of faces, where that makes more of its answers right.

    Args:
        card: Of the model, which looks once; an ensemble's members look twice or not as their own cards say.
        logits: ``(n, k)`` of the validation faces.
        images: These faces.
        truth: As of :func:`fit_on_set`.
        weights: ``(n,)`` how much each face counts; all the same if None.
        file: Where the model's file lies, if it is not yet among the models.

    Returns:
        The card, and the logits of these faces by it.
    """
    if card.members:
        return card, logits
    limit = round(float(np.quantile(margins(logits), TTA_SHARE)), _DIGITS)
    twice = replace(card, second_look_below=limit)
    again = LiteRTClassifier(twice, file=file).logits(list(images))
    right_before, right_after = (answers.argmax(axis=1) == truth for answers in (logits, again))
    gained = np.average(right_after.astype(float) - right_before, weights=weights)
    return (twice, again) if gained > 0 else (card, logits)


def with_abstention_threshold(card: ModelCard, logits: FloatArray, truth: NDArray[np.int8]) -> ModelCard:
    """Return a card with the probability below which its answers are more likely wrong than right.

    Args: As of :func:`fit_on_set`; without a decided face the card stays as it is.
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
    return truth_among(card.labels, faces)


def truth_among(labels: Sequence[str], faces: FaceSet) -> NDArray[np.int8]:
    """Return the same for a model of which only the labels are known yet."""
    label_set = nearest_set(labels, label_sets_of(faces))
    return recode(truths(faces, label_set), label_set, labels)
