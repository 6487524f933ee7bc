"""Derives a model's weaknesses from its figures; each sentence states its figure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from emotion.evaluation.cards.document import interval, listed, percent
from emotion.evaluation.metrics import wilson_interval
from emotion.evaluation.scores import FAMILIES, Record
from emotion.labels import EMOTIONS

MISSED = 0.5
"""An expression with a lower recall is missed more often than not."""
FEW = 30
"""With fewer test faces, the interval of a recall spans about a third or more."""
CONFUSED = 0.2
LOST = 0.1
MISCALIBRATED = 0.05

Judged = Mapping[str, Record]
"""Family of labels → figures on test pictures."""


def weaknesses(labels: Sequence[str], judged: Judged, robustness: Mapping[str, Mapping[str, Any]]) -> tuple[str, ...]:
    """Return the weaknesses, a sentence each.

    Args:
        labels: The model's labels.
        judged: Its figures.
        robustness: Family of labels → condition → figures.
    """
    found = [*_unknown(labels)]
    for family, record in judged.items():
        texts = (*_missed(record), *_confused(record), *_miscalibrated(record))
        found += [f"{_title(family)}: {text}" for text in texts]
    return (*found, *_weak_conditions(robustness), *_differing_sets(judged))


def weak_labels(record: Record) -> list[str]:
    """Return the expressions with a recall below :data:`MISSED`, the worst first."""
    recalls = {label: row["recall"] for label, row in record["per_class"].items() if row["support"]}
    return sorted((label for label in recalls if recalls[label] < MISSED), key=recalls.__getitem__)


def weak_conditions(conditions: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return the titles of conditions that cost more than :data:`LOST` of accuracy, the worst first."""
    clean = conditions["clean"]["accuracy"]
    lost = {str(row["title"]): clean - row["accuracy"] for row in conditions.values()}
    return sorted((title for title in lost if lost[title] > LOST), key=lambda title: -lost[title])


def _unknown(labels: Sequence[str]) -> Iterator[str]:
    if unknown := [label for label in EMOTIONS if label not in labels]:
        yield f"No label for {', '.join(unknown)}: such faces get another label."


def _missed(record: Record) -> Iterator[str]:
    rows = {label: record["per_class"][label] for label in weak_labels(record)}
    if missed := [_found(label, row["recall"], row["support"]) for label, row in rows.items()]:
        yield f"missed more often than not: {listed(missed)}."
    if rare := [f"{label} ({row['support']})" for label, row in record["per_class"].items() if row["support"] < FEW]:
        yield f"few test faces of {listed(rare)}, so these figures are uncertain."


def _found(label: str, recall: float, faces: int) -> str:
    hits = round(recall * faces)
    return f"{label} ({hits} of {faces} found, {interval(*wilson_interval(hits, faces))})"


def _confused(record: Record) -> Iterator[str]:
    labels, confused = list(record["per_class"]), []
    for label, counts in zip(labels, record["confusion_matrix"], strict=True):
        total = sum(counts)
        for other, count in zip(labels, counts, strict=True):
            if other != label and total >= FEW and count / total >= CONFUSED:
                share = count / total
                confused.append((share, f"{label} as {other} ({percent(share, 0)}, {count} of {total})"))
    if confused:
        yield f"often confused: {listed([words for _, words in sorted(confused, reverse=True)])}."


def _miscalibrated(record: Record) -> Iterator[str]:
    if (error := record["ece"]["after"]) > MISCALIBRATED:
        yield f"probabilities are off by {percent(error)} on average."


def _weak_conditions(robustness: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    falls: dict[str, list[str]] = {}
    for family, conditions in robustness.items():
        clean = conditions["clean"]["accuracy"]
        for title in weak_conditions(conditions):
            row = next(row for row in conditions.values() if row["title"] == title)
            fall = f"from {percent(clean)} to {percent(row['accuracy'])} by {_title(family)}"
            falls.setdefault(title, []).append(fall)
    for title, drops in falls.items():
        yield f"Condition “{title}”: accuracy falls {listed(drops)}."


def _differing_sets(judged: Judged) -> Iterator[str]:
    accuracies = {family: record["accuracy"] for family, record in judged.items()}
    if len(accuracies) > 1 and max(accuracies.values()) - min(accuracies.values()) > LOST:
        each = listed([f"{percent(value)} by {_title(family)}" for family, value in accuracies.items()])
        yield f"Accuracy depends on the faces and on who labelled them: {each}."


def _title(family: str) -> str:
    return FAMILIES.get(family, family)
