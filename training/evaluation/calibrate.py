"""Calibrates a model's card on validation faces: test-time augmentation, temperature and abstention threshold.

Models trained on several data sets are calibrated on the validation faces of each
(:mod:`training.evaluation.pooled_calibration`), other models on the single validation split of their data set.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from emotion.errors import DatasetError
from emotion.evaluation.calibration import fit_temperature
from emotion.evaluation.scoring import judged_set, nearest_set, recode
from emotion.evaluation.selective import abstention_threshold
from emotion.labels import NO_LABEL, RAFDB
from emotion.models.registry import load_card, model_dir, save_card
from emotion.types import FloatArray, Image, ModelCard
from emotion.vision.classify import LiteRTClassifier, margins, scaled_softmax
from emotion.vision.landmarks import FaceMesh
from training.data.pipeline import read_role
from training.data.targets import label_sets_of, truths
from training.datasets.face_set import FaceSet
from training.datasets.readers.parquet import default_faces_dir
from training.evaluation.abstention_slopes import with_slopes
from training.evaluation.evaluation_sets import read_rafdb
from training.evaluation.pooled_calibration import CALIBRATED_ON, SetAnswers, fit_on_sets, set_weights

TTA_SHARE = 0.1
"""Share of faces that get TTA: the least confident tenth. A quarter costs videos of unsure faces almost twice the time,
and gains little more."""

_DIGITS = 4


def calibrate(name: str, data: Path, faces: Path | None = None) -> ModelCard:
    """Recalibrate an installed model and save its card, without scores, because the earlier ones no longer hold.

    Args:
        name: Name of the model, or an alias.
        data: Folder of the data set, of which the validation split is read.
        faces: Folder of aligned faces, to calibrate on RAF-DB as well; for models trained on RAF-DB, None means the
            default folder.

    Raises:
        DatasetError: No face of a set has a label that the model knows, or RAF-DB's faces are missing.
    """
    card = replace(load_card(name), scores={}, second_look_below=0.0)
    if faces is None and trained_on_rafdb(card):
        faces = default_faces_dir()
    sets = read_validation_sets(data, faces)
    card = calibrate_card(card, sets, LiteRTClassifier(card).logits(images_of(sets)))
    save_card(card, model_dir(name))
    return card


def read_validation_sets(data: Path, faces: Path | None) -> list[FaceSet]:
    """Return a data set's validation faces, followed by RAF-DB's if ``faces``, a folder of aligned faces, is given."""
    return [read_role(data, "validation"), *([] if faces is None else [read_rafdb(faces, "validation")])]


def images_of(sets: Sequence[FaceSet]) -> list[Image]:
    """Return the faces of all sets in one list."""
    return [image for one in sets for image in one.images]


def trained_on_rafdb(card: ModelCard) -> bool:
    """Return whether a card lists RAF-DB among its training sources or earlier calibration sets."""
    before = card.training.get(CALIBRATED_ON) or {}
    named = [*(card.training.get("sources") or ()), *before.get("sets", ())]
    return any(name.startswith(RAFDB.name) for name in named)


def calibrate_card(card: ModelCard, sets: Sequence[FaceSet], logits: FloatArray, file: Path | None = None) -> ModelCard:
    """Return a card with TTA, temperature, abstention threshold and its slopes fitted on validation faces.

    Args:
        card: Card of the model, without TTA.
        sets: Validation faces of one data set or several.
        logits: ``(n, k)`` raw scores of all faces of the sets.
        file: The model's file, if it is not installed yet.

    Raises:
        DatasetError: No face of a set has a label that the model knows.
    """
    truth = [truth_for(card.labels, one) for one in sets]
    images, sizes = images_of(sets), [len(one) for one in sets]
    card, logits = with_tta(card, logits, images, np.concatenate(truth), set_weights(sizes), file)
    if len(sets) == 1:
        card = fit_on_set(card, logits, truth[0])
    else:
        parts = np.split(logits, np.cumsum(sizes)[:-1])
        card = fit_on_sets(card, [set_answers(card, one, part) for one, part in zip(sets, parts, strict=True)])
    return with_slopes(card, images, np.concatenate(truth), FaceMesh(), file)


def set_answers(card: ModelCard, faces: FaceSet, logits: FloatArray) -> SetAnswers:
    """Return a model's answers together with the label set that is nearest to the model's own."""
    label_set = nearest_set(card.labels, label_sets_of(faces))
    judged = judged_set(label_set, card.labels) or label_set
    return SetAnswers(judged.name, faces.split, logits, truth_for(card.labels, faces))


def fit_on_set(card: ModelCard, logits: FloatArray, truth: NDArray[np.int8]) -> ModelCard:
    """Return a card with the best temperature and the abstention threshold that follows from it.

    Args:
        card: Card of the model.
        logits: ``(n, k)`` raw scores of the validation faces.
        truth: ``(n,)`` correct labels as positions in the card's labels, −1 for none.

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
    """Enable TTA for the least confident tenth of the faces if that raises accuracy.

    Args:
        card: Card of a model without TTA. Ensembles are left alone, because their members have their own TTA settings.
        logits: ``(n, k)`` raw scores of the validation faces.
        images: The faces.
        truth: As in :func:`fit_on_set`.
        weights: ``(n,)`` weight of each face; equal if None.
        file: The model's file, if it is not installed yet.

    Returns:
        The card, and the logits that a model with this card gives.
    """
    if card.members:
        return card, logits
    limit = round(float(np.quantile(margins(logits), TTA_SHARE)), _DIGITS)
    tta_card = replace(card, second_look_below=limit)
    unsure = np.flatnonzero(margins(logits) < limit).tolist()
    averaged = logits.copy()
    averaged[unsure] = LiteRTClassifier(tta_card, file=file).logits([images[row] for row in unsure])
    right_before, right_after = (answers.argmax(axis=1) == truth for answers in (logits, averaged))
    gained = np.average(right_after.astype(float) - right_before, weights=weights)
    return (tta_card, averaged) if gained > 0 else (card, logits)


def with_abstention_threshold(card: ModelCard, logits: FloatArray, truth: NDArray[np.int8]) -> ModelCard:
    """Return a card with the probability below which its answers are more likely wrong than right.

    Args: As in :func:`fit_on_set`; without a labelled face the card is returned unchanged.
    """
    decided = truth != NO_LABEL
    if not decided.any():
        return card
    probabilities = scaled_softmax(logits[decided], card.temperature)
    right = probabilities.argmax(axis=1) == truth[decided]
    return replace(card, abstain_below=round(abstention_threshold(probabilities.max(axis=1), right), _DIGITS))


def truth_for(labels: Sequence[str], faces: FaceSet) -> NDArray[np.int8]:
    """Return each face's correct label as a position in a model's labels, −1 where the face or the model lacks it.

    Faces with several kinds of label are judged by the kind nearest to the model's: the FER+ majority for eight
    expressions, FER2013's own labels for its seven.
    """
    label_set = nearest_set(labels, label_sets_of(faces))
    return recode(truths(faces, label_set), label_set, labels)
