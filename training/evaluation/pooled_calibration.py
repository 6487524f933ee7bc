"""Fits a model's temperature and limit on the validation faces of several data sets, each weighing the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emotion.errors import DatasetError
from emotion.evaluation.metrics import abstention, abstention_threshold, accuracy_threshold, fit_temperature
from emotion.labels import NO_LABEL
from emotion.types import FloatArray, ModelCard
from emotion.vision.classify import softened
from training.datasets.splits import ROLES

RIGHT_ANSWERS = 0.85
"""Share of the answers above the limit that has to be right on every data set by itself."""

CALIBRATED_ON = "calibrated_on"
"""Key of a card's training record: the ``sets`` that temperature and limit were fitted on, and ``right_answers``."""

_DIGITS = 4


@dataclass(frozen=True, slots=True, eq=False)
class SetAnswers:
    """A model's answers to the faces of one data set's split.

    Attributes:
        label_set: Name of the labels that judge them.
        split: Name of the split.
        logits: ``(n, k)`` raw scores.
        truth: ``(n,)`` positions of the right labels among the card's, −1 where there is none.
    """

    label_set: str
    split: str
    logits: FloatArray
    truth: NDArray[np.int8]

    def labelled(self) -> SetAnswers:
        """Return the answers to faces that have a label."""
        rows = self.truth != NO_LABEL
        return replace(self, logits=self.logits[rows], truth=self.truth[rows])

    def confidence(self, temperature: float) -> tuple[FloatArray, NDArray[np.bool_]]:
        """Return the probability of each answer, ``(n,)``, and whether it is right."""
        probabilities = softened(self.logits, temperature)
        return probabilities.max(axis=1), probabilities.argmax(axis=1) == self.truth


def fit_on_sets(card: ModelCard, sets: Sequence[SetAnswers]) -> ModelCard:
    """Return a card with the temperature and the limit of clear answers that suit several sets at once.

    Every set weighs the same, however many faces it has. The limit is the lowest at which, on each set by itself,
    at least :data:`RIGHT_ANSWERS` of the answers are right, and at which no answer is given that is more likely wrong
    than right. Answers are taken as the app gives them, over all labels of the card.

    Args:
        card: Of the model.
        sets: Answers to validation faces.

    Raises:
        DatasetError: A set has no face with a label that the model knows.
    """
    known = [one.labelled() for one in sets]
    if empty := [one.label_set for one in known if not len(one.truth)]:
        raise DatasetError(
            f"expected validation faces of {', '.join(card.labels)} in each set; {', '.join(empty)} has none"
        )
    logits, truth = (np.concatenate([getattr(one, part) for one in known]) for part in ("logits", "truth"))
    weights = set_weights([len(one.truth) for one in known])
    temperature = round(fit_temperature(logits, truth, weights), _DIGITS)
    pairs = [one.confidence(temperature) for one in known]
    confidences, rights = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    likely = abstention_threshold(np.concatenate(confidences), np.concatenate(rights), weights)
    limit = accuracy_threshold(confidences, rights, RIGHT_ANSWERS, likely)
    record = {"sets": {one.label_set: one.split for one in known}, "right_answers": RIGHT_ANSWERS}
    return replace(
        card, temperature=temperature, abstain_below=round(limit, _DIGITS),
        training=card.training | {CALIBRATED_ON: record},
    )  # fmt: skip


def set_weights(sizes: Sequence[int]) -> NDArray[np.float64]:
    """Return weights of all faces of sets, set after set, such that each set's sum to 1."""
    return np.concatenate([np.full(size, 1 / size) for size in sizes if size])


def abstention_by_set(card: ModelCard, sets: Sequence[SetAnswers]) -> dict[str, Any]:
    """Return what a card's limit does on each set: the share of faces that is answered and of answers that are right.

    Args:
        card: Of the model.
        sets: Answers to faces of validation and test splits, over all labels of the card, as the app gives them.

    Returns:
        ``limit``; ``sets``: label set → role of the split (``validation``, ``test``) → ``split``, ``faces``,
        ``coverage`` and ``accuracy``, each 0–1, accuracy None where nothing is answered.
    """
    found: dict[str, dict[str, Any]] = {}
    for one in (each.labelled() for each in sets):
        if len(one.truth):
            row = abstention(*one.confidence(card.temperature), card.abstain_below)
            figures = {"split": one.split, "faces": len(one.truth)}
            figures |= {key: row[key] for key in ("coverage", "accuracy")}
            found.setdefault(one.label_set, {})[ROLES[one.split]] = figures
    return {"limit": card.abstain_below, "sets": found}
