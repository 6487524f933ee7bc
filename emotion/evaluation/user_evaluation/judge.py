"""Results of a user evaluation: the models' figures, their answers as a table, and the worst mistakes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy.special import softmax

from emotion.evaluation.metrics import restrict
from emotion.evaluation.scores import Record, figures_of
from emotion.evaluation.scoring import judged_set, score
from emotion.evaluation.user_evaluation.run import UserEvaluation

_ANSWER_COLUMNS = ["file", "true", "answered", "right", "probability", "picture"]


def judge(evaluation: UserEvaluation, model: str) -> Record | None:
    """Return a model's figures (:func:`emotion.evaluation.scoring.score`), or None if there is nothing to score."""
    card, logits = evaluation.cards[model], evaluation.logits[model]
    return score(logits, card.labels, evaluation.truth, evaluation.label_set, card.temperature, card.abstain_below)


def answers(evaluation: UserEvaluation, model: str) -> pd.DataFrame:
    """Return a model's answers, a row per picture whose label it knows, restricted to the labels that occur.

    Returns:
        ``file``, ``true``, ``answered``, ``right`` (bool), ``probability`` of the answer (0–1), ``p_<label>`` of each
        label, ``picture`` (its position in the evaluation).
    """
    card, labels = evaluation.cards[model], evaluation.label_set.labels
    judged = judged_set(evaluation.label_set, card.labels)
    if judged is None:
        return pd.DataFrame(columns=_ANSWER_COLUMNS).astype({"right": bool, "probability": float, "picture": int})
    known = judged.labels
    rows = np.flatnonzero([labels[code] in known for code in evaluation.truth])
    scaled = evaluation.logits[model][rows].astype(np.float64) / card.temperature
    probabilities = restrict(softmax(scaled, axis=1), card.labels, known)
    table = pd.DataFrame(
        {
            "file": [evaluation.names[row] for row in rows],
            "true": [labels[evaluation.truth[row]] for row in rows],
            "answered": [known[place] for place in probabilities.argmax(axis=1)],
            "probability": probabilities.max(axis=1),
            "picture": rows,
        }
    )
    table.insert(3, "right", table["true"] == table["answered"])
    return table.assign(**{f"p_{label}": probabilities[:, place] for place, label in enumerate(known)})


def limited_choice(evaluation: UserEvaluation, model: str) -> str:
    """Return a sentence if a model could choose only from some of its labels; otherwise an empty text."""
    labels = evaluation.cards[model].labels
    judged = judged_set(evaluation.label_set, labels)
    if judged is None or len(judged.labels) == len(labels):
        return ""
    return (
        f"Answers are limited to the {len(judged.labels)} expressions that the pictures have. "
        f"With all {len(labels)} of the model, as in the app, fewer may be right."
    )


def worst_mistakes(table: pd.DataFrame, count: int) -> pd.DataFrame:
    """Return up to ``count`` wrong answers in a table of :func:`answers`, the most confident first."""
    return table[~table["right"]].nlargest(count, "probability")


def overview(records: Mapping[str, Record | None]) -> pd.DataFrame:
    """Return ``model`` and :func:`emotion.evaluation.scores.figures_of` as a table, sorted by faces, then accuracy.

    Args:
        records: Model → result of :func:`judge`.
    """
    table = pd.DataFrame([{"model": model, **figures_of(record)} for model, record in records.items()])
    return table.sort_values(["faces", "accuracy"], ascending=False, ignore_index=True)
