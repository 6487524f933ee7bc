"""What a trial tells of its models: their figures, every answer as a table, and the worst mistakes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy.special import softmax

from emotion.evaluation.metrics import restrict
from emotion.evaluation.scores import Record, figures_of
from emotion.evaluation.scoring import judged_set, score
from emotion.evaluation.trial.run import Trial

_ANSWER_COLUMNS = ["file", "true", "answered", "right", "probability", "picture"]


def judge(trial: Trial, model: str) -> Record | None:
    """Return a model's figures on pictures whose label it knows, as :func:`emotion.evaluation.scoring.score` does.

    None where fewer than two of its labels occur, or no picture has one.
    """
    card = trial.cards[model]
    return score(trial.logits[model], card.labels, trial.truth, trial.label_set, card.temperature, card.abstain_below)


def answers(trial: Trial, model: str) -> pd.DataFrame:
    """Return what a model answered, a row per picture whose label it knows, in the archive's order.

    As in :func:`judge`, answers are restricted to the labels that occur.

    Returns:
        ``file``, ``true``, ``answered``, ``right`` (bool), ``probability`` of the answer (0–1),
        ``p_<label>`` of each label, ``picture`` (place in the trial).
    """
    card, labels = trial.cards[model], trial.label_set.labels
    judged = judged_set(trial.label_set, card.labels)
    if judged is None:
        return pd.DataFrame(columns=_ANSWER_COLUMNS).astype({"right": bool, "probability": float, "picture": int})
    known = judged.labels
    rows = np.flatnonzero([labels[code] in known for code in trial.truth])
    scaled = trial.logits[model][rows].astype(np.float64) / card.temperature
    probabilities = restrict(softmax(scaled, axis=1), card.labels, known)
    table = pd.DataFrame(
        {
            "file": [trial.names[row] for row in rows],
            "true": [labels[trial.truth[row]] for row in rows],
            "answered": [known[place] for place in probabilities.argmax(axis=1)],
            "probability": probabilities.max(axis=1),
            "picture": rows,
        }
    )
    table.insert(3, "right", table["true"] == table["answered"])
    return table.assign(**{f"p_{label}": probabilities[:, place] for place, label in enumerate(known)})


def worst_mistakes(table: pd.DataFrame, count: int) -> pd.DataFrame:
    """Return the wrong answers of which the model was surest.

    Args:
        table: Of :func:`answers`.
        count: At most so many.
    """
    return table[~table["right"]].nlargest(count, "probability")


def overview(records: Mapping[str, Record | None]) -> pd.DataFrame:
    """Return every model's figures on the same pictures, those judged on most pictures first, then the best.

    Args:
        records: Model → what :func:`judge` returned.

    Returns:
        ``model`` and the columns of :func:`emotion.evaluation.scores.figures_of`; missing where there
        is nothing to judge.
    """
    table = pd.DataFrame([{"model": model, **figures_of(record)} for model, record in records.items()])
    return table.sort_values(["faces", "accuracy"], ascending=False, ignore_index=True)
