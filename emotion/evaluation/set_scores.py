"""A model's figures on each test set, one row per set."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from emotion.evaluation.scores import FAMILIES, Record, family_of, labels_title, load_evaluation, pick_split
from emotion.models.registry import ALIASES, list_models
from emotion.types import ModelCard

TEST = "Test"


@dataclass(frozen=True, slots=True)
class SetScore:
    """A model's figures on one test set; shares are 0–1.

    Attributes:
        model: Name of the model.
        family: A key of :data:`emotion.evaluation.scores.FAMILIES`, or another label set's name.
        title: Title of the test set, with the number of classes if the model does not know all.
        faces: Test faces with a label that the model knows.
        accuracy: Share of right answers.
        interval: 95% interval of the accuracy.
        balanced: Mean recall of the expressions.
        weakest: The expression with the lowest recall.
        weakest_recall: Its recall.
        weakest_faces: Its test faces.
        answered: Share of faces whose answer is not unclear; None if not measured.
        answered_right: Share of these answers that are right; None if not measured or nothing was answered.
    """

    model: str
    family: str
    title: str
    faces: int
    accuracy: float
    interval: tuple[float, float]
    balanced: float
    weakest: str
    weakest_recall: float
    weakest_faces: int
    answered: float | None
    answered_right: float | None


def set_scores(model: str, evaluation: Mapping[str, Any] | None) -> list[SetScore]:
    """Return a model's figures on every test set that it was scored on, in the order of ``FAMILIES``."""
    found = [
        _score(model, label_set, record, _answered(evaluation or {}, label_set, record))
        for label_set, splits in (evaluation or {}).get("int8", {}).items()
        if (record := pick_split(splits, TEST)) is not None
    ]
    return sorted(found, key=lambda one: _place(one.family))


def product_scores() -> list[SetScore]:
    """Return the figures of the models that the app uses, one row per test set.

    They are the default model's, except on FER2013's own labels, which have their own model.

    Raises:
        ModelError: A file of one of these models is damaged.
    """
    installed = set(list_models())
    rows = {
        alias: set_scores(model, load_evaluation(model)) if model in installed else []
        for alias, model in ALIASES.items()
    }
    own = {one.family: one for one in rows.get("fer2013", ()) if one.family == "fer2013"}
    return [own.get(one.family, one) for one in rows["default"]]


def _score(model: str, label_set: str, record: Record, answered: tuple[float | None, float | None]) -> SetScore:
    recalls = {label: row["recall"] for label, row in record["per_class"].items() if row["support"]}
    weakest = min(recalls, key=recalls.__getitem__)
    low, high = record["accuracy_interval"]
    family, whole = family_of(label_set), label_set in FAMILIES
    return SetScore(
        model=model,
        family=family,
        title=FAMILIES[family] if whole else labels_title(label_set),
        faces=record["n"],
        accuracy=record["accuracy"],
        interval=(low, high),
        balanced=record["balanced_accuracy"],
        weakest=weakest,
        weakest_recall=recalls[weakest],
        weakest_faces=record["per_class"][weakest]["support"],
        answered=answered[0],
        answered_right=answered[1],
    )


def _answered(evaluation: Mapping[str, Any], label_set: str, record: Record) -> tuple[float | None, float | None]:
    """Return coverage and accuracy over all labels, as in the app, or else over the scored labels."""
    by_set = evaluation.get("abstention", {}).get("sets", {})
    found = by_set.get(label_set, {}).get("test") or record.get("abstention") or {}
    return found.get("coverage"), found.get("accuracy")


def card_scores(card: ModelCard) -> dict[str, tuple[float, float]]:
    """Return family → accuracy and mean recall, 0–1, of each test set in a card's scores."""
    ending, found = "_accuracy", {}
    for key, accuracy in card.scores.items():
        label_set = key.removesuffix(ending)
        balanced = card.scores.get(f"{label_set}_balanced_accuracy")
        if key.endswith(ending) and isinstance(balanced, float):
            found[family_of(label_set)] = (accuracy, balanced)
    return found


def scored_families(cards: Iterable[ModelCard]) -> list[str]:
    """Return the families of the test sets that models were scored on, in the order of ``FAMILIES``."""
    return sorted({family for card in cards for family in card_scores(card)}, key=_place)


def short_title(family: str) -> str:
    """Return a test set's name for a narrow column, such as ``"FER+"``."""
    return FAMILIES.get(family, family).partition(" ")[0]


def scores_table(cards: Sequence[ModelCard]) -> pd.DataFrame:
    """Return a row per model with its scores on all test sets.

    Returns:
        ``model``, ``title``, ``labels`` (their number), and for each test set the accuracy under its short title and
        the mean recall under ``… recall``, 0–1; NA if the model was not scored on it.
    """
    rows = []
    for card in cards:
        row: dict[str, Any] = {"model": card.name, "title": card.title, "labels": len(card.labels)}
        for family in scored_families(cards):
            accuracy, balanced = card_scores(card).get(family, (None, None))
            row |= {short_title(family): accuracy, f"{short_title(family)} recall": balanced}
        rows.append(row)
    table = pd.DataFrame(rows, columns=None if rows else ["model", "title", "labels"])
    return table.astype(dict.fromkeys(table.columns[3:], "Float64"))


def _place(family: str) -> int:
    known = list(FAMILIES)
    return known.index(family) if family in known else len(known)
