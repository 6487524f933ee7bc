"""The table of a model's scores on all test sets, for its card and for the About page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from emotion.evaluation.cards.document import Section, Table, interval, percent
from emotion.evaluation.set_scores import SetScore, product_scores, set_scores
from emotion.models.offered import full_name, plain_name
from emotion.models.registry import ALIASES
from emotion.types import ModelCard

TITLE = "Accuracy"

HOW_TO_READ = (
    "Recall: share of an expression's faces that are found. Mean recall is low if rare expressions are missed, even if "
    "accuracy is high. Answered: share of faces with an answer other than “unclear”, at the "
    "threshold for large frontal faces; the app's can be higher for others."
)


def overview(card: ModelCard, evaluation: Mapping[str, Any] | None) -> Section:
    """Return the section on scores per test set, with the weakest expressions."""
    rows = set_scores(card.name, evaluation)
    if not rows:
        return Section(TITLE, ("Not evaluated.",))
    notes = (HOW_TO_READ, *_other_head(card))
    return Section(TITLE, tables=(sets_table(rows),), notes=notes)


def sets_table(rows: Sequence[SetScore]) -> Table:
    """Return a table with one row per test set; rows of another model than the first one's name it."""
    columns = (
        "Test set", "Faces", "Accuracy", "95% interval", "Mean recall", "Lowest recall", "Answered",
        "Answers right",
    )  # fmt: skip
    cells = tuple(
        (
            row.title if row.model == rows[0].model else f"{row.title}, by “{plain_name(row.model)}”", f"{row.faces:,}",
            percent(row.accuracy), interval(*row.interval), percent(row.balanced), _weakest(row),
            percent(row.answered), percent(row.answered_right),
        ) for row in rows
    )  # fmt: skip
    return Table("On test faces that it was not trained on", columns, cells, stacks=True)


def _weakest(row: SetScore) -> str:
    found = round(row.weakest_recall * row.weakest_faces)
    return f"{row.weakest}, {percent(row.weakest_recall)} ({found:,} of {row.weakest_faces:,})"


def _other_head(card: ModelCard) -> tuple[str, ...]:
    """Return, for the default model, a note on the app's separate model for FER2013's own labels."""
    if card.name != ALIASES["default"]:
        return ()
    return tuple(
        f"For {row.title} labels, use “{full_name(row.model)}”: accuracy {percent(row.accuracy)}, mean recall "
        f"{percent(row.balanced)}."
        for row in product_scores() if row.model != card.name
    )  # fmt: skip
