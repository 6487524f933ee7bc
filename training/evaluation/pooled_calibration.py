"""Fits temperature and abstention threshold on the validation faces of several data sets with equal weight."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emotion.errors import DatasetError
from emotion.evaluation.calibration import fit_temperature
from emotion.evaluation.selective import abstention, abstention_threshold, accuracy_threshold
from emotion.labels import NO_LABEL
from emotion.types import FloatArray, ModelCard
from emotion.vision.classify import scaled_softmax
from training.datasets.splits import ROLES

RIGHT_ANSWERS = 0.85
"""Accuracy of the answers above the threshold that must be reached on every data set."""

CALIBRATED_ON = "calibrated_on"
"""Key of a card's training record: the ``sets`` of the calibration, and ``right_answers``."""

_DIGITS = 4


@dataclass(frozen=True, slots=True, eq=False)
class SetAnswers:
    """A model's answers for one split of a data set.

    Attributes:
        label_set: Name of the label set of ``truth``.
        split: Name of the split.
        logits: ``(n, k)`` raw scores.
        truth: ``(n,)`` correct labels as positions in the card's labels, −1 for none.
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
        probabilities = scaled_softmax(self.logits, temperature)
        return probabilities.max(axis=1), probabilities.argmax(axis=1) == self.truth


def fit_on_sets(card: ModelCard, sets: Sequence[SetAnswers]) -> ModelCard:
    """Return a card with temperature and abstention threshold fitted on several sets.

    Every set has the same weight, whatever its size. The threshold is the lowest at which the accuracy of the answers
    is at least :data:`RIGHT_ANSWERS` on each set and no answer is more likely wrong than right. Answers range over all
    labels of the card, as in the app.

    Args:
        card: Card of the model.
        sets: Answers for validation faces.

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
    """Return the weights of all faces of consecutive sets; each set's weights sum to 1."""
    return np.concatenate([np.full(size, 1 / size) for size in sizes if size])


def abstention_by_set(card: ModelCard, sets: Sequence[SetAnswers]) -> dict[str, Any]:
    """Return coverage and accuracy under a card's abstention threshold on each set.

    Args:
        card: Card of the model.
        sets: Answers for validation and test faces, over all labels of the card.

    Returns:
        ``limit``; ``sets``: label set → role of the split (``validation``, ``test``) → ``split``, ``faces``,
        ``coverage`` and ``accuracy``, each 0–1; accuracy is None at coverage 0.
    """
    found: dict[str, dict[str, Any]] = {}
    for one in (each.labelled() for each in sets):
        if len(one.truth):
            row = abstention(*one.confidence(card.temperature), card.abstain_below)
            figures = {"split": one.split, "faces": len(one.truth)}
            figures |= {key: row[key] for key in ("coverage", "accuracy")}
            found.setdefault(one.label_set, {})[ROLES[one.split]] = figures
    return {"limit": card.abstain_below, "sets": found}
