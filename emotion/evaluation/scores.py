"""Reads models' ``evaluation.json``, as ``python -m training evaluate`` writes it, and lays it out as tables."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pandas as pd

from emotion.errors import ModelError
from emotion.labels import AFFECTNET, FER2013, FERPLUS, RAFDB
from emotion.model_card import with_current_keys
from emotion.models.registry import EVALUATION_FILE, model_dir
from emotion.types import ModelCard

Record = dict[str, Any]
"""A model's figures on one split of one label set."""

SPLITS: dict[str, tuple[str, ...]] = {"Test": ("private-test", "test"), "Validation": ("public-test", "validation")}
"""Role → names of splits: validation for choices, test for claims."""

FAMILIES: dict[str, str] = {
    "ferplus": "FER+ majority",
    "fer2013": "FER2013 original",
    "affectnet": "AffectNet",
    "rafdb": "RAF-DB",
}
"""Family of labels → title. A model that knows only some of the labels is scored on those."""

_CLASSES = {whole.name: len(whole) for whole in (FERPLUS, FER2013, AFFECTNET, RAFDB)}

COSTS: dict[str, str] = {
    "ms": "ms per face",
    "multiply_adds": "Multiply–adds, M",
    "parameters": "Parameters, M",
}
"""Costs to plot accuracy against: column of :func:`score_table` → title."""


def load_evaluation(name: str) -> dict[str, Any] | None:
    """Return a model's evaluation, or None if it has none.

    Raises:
        ModelError: There is no such model, or its file is damaged.
    """
    file = model_dir(name) / EVALUATION_FILE
    if not file.is_file():
        return None
    try:
        evaluation = with_current_keys(json.loads(file.read_text(encoding="utf-8")))
        evaluation["int8"].items()
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(f"the evaluation of model {name!r} cannot be read: {error!r}") from error
    return dict(evaluation)


def labels_title(label_set: str) -> str:
    """Return the title of a label set or of a subset of one, such as ``"FER+ majority, 3 of 8 classes"``."""
    family, classes = family_of(label_set), label_set.split("-")[1:]
    if family not in _CLASSES:
        return label_set
    part = f"{len(classes)} of " if classes else ""
    return f"{FAMILIES[family]}, {part}{_CLASSES[family]} classes"


def family_of(label_set: str) -> str:
    """Return the family of a label set; a subset's name begins with it (:func:`emotion.labels.subset_of`)."""
    first = label_set.partition("-")[0]
    return first if first in FAMILIES else label_set


def families_of(evaluations: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return the families of labels that models were scored on, the most frequent first."""
    judged = [family for one in evaluations.values() for family in {family_of(name) for name in one["int8"]}]
    known = {family: place for place, family in enumerate(FAMILIES)}
    return sorted(set(judged), key=lambda family: (-judged.count(family), known.get(family, len(known)), family))


def find_record(evaluation: Mapping[str, Any] | None, family: str, role: str) -> Record | None:
    """Return a model's figures on one family of labels, or None if it was not scored on it.

    Args:
        evaluation: The model's, or None.
        family: One of :func:`families_of`.
        role: A key of :data:`SPLITS`.
    """
    return _find((evaluation or {}).get("int8", {}), family, role)


def find_robustness(evaluation: Mapping[str, Any] | None, family: str, role: str) -> dict[str, Record] | None:
    """Return a model's figures under each condition, the clean one first, or None if they were not measured."""
    return _find((evaluation or {}).get("robustness", {}), family, role)


def _find(label_sets: Mapping[str, Any], family: str, role: str) -> dict[str, Any] | None:
    found = (pick_split(splits, role) for label_set, splits in label_sets.items() if family_of(label_set) == family)
    return next((record for record in found if record is not None), None)


def pick_split(splits: Mapping[str, Record], role: str) -> Record | None:
    """Return the record of the split with a role, a key of :data:`SPLITS`, or None."""
    return next((splits[split] for split in SPLITS[role] if split in splits), None)


def score_table(
    cards: Mapping[str, ModelCard],
    evaluations: Mapping[str, Mapping[str, Any]],
    family: str,
    role: str,
    measured_ms: Mapping[str, float],
) -> pd.DataFrame:
    """Return a row of figures per model, NA where unknown.

    Args:
        cards: Model → card.
        evaluations: Model → evaluation, if it has one.
        family: The family of labels.
        role: A key of :data:`SPLITS`.
        measured_ms: Model → ms per face, if timed on this machine.

    Returns:
        ``model``, ``classes``, ``faces``, ``accuracy``, ``low`` and ``high`` (its 95% interval),
        ``balanced``, ``macro_f1``, ``ece`` (after temperature scaling), each 0–1; ``parameters``
        and ``multiply_adds`` in millions, ``megabytes``, ``ms``.
    """
    rows = []
    for name, card in cards.items():
        evaluation = evaluations.get(name)
        record = find_record(evaluation, family, role)
        size = None if evaluation is None else evaluation.get("file_bytes")
        rows.append(
            {"model": name, **figures_of(record)}
            | {
                "parameters": card.parameters / 1e6,
                "multiply_adds": None if card.multiply_adds is None else card.multiply_adds / 1e6,
                "megabytes": None if size is None else size / 1e6,
                "ms": measured_ms.get(name),
            }
        )
    table = pd.DataFrame(rows)
    figures = [column for column in table.columns if column != "model"]
    return table.astype(dict.fromkeys(figures, "Float64"))


def figures_of(record: Record | None) -> dict[str, Any]:
    """Return the main figures of a record, each None without one.

    Returns:
        Numbers of ``classes`` and ``faces``; ``accuracy`` with ``low`` and ``high`` of its 95% interval,
        ``balanced``, ``macro_f1``, ``ece`` (after temperature scaling), each 0–1.
    """
    if record is None:
        return dict.fromkeys(("classes", "faces", "accuracy", "low", "high", "balanced", "macro_f1", "ece"))
    low, high = record["accuracy_interval"]
    return {
        "classes": len(record["per_class"]),
        "faces": record["n"],
        "accuracy": record["accuracy"],
        "low": low,
        "high": high,
        "balanced": record["balanced_accuracy"],
        "macro_f1": record["macro_f1"],
        "ece": record["ece"]["after"],
    }


def class_table(records: Mapping[str, Record]) -> pd.DataFrame:
    """Return every label's scores in long form: ``model``, ``emotion``, ``measure``, ``score`` 0–1, ``support``."""
    rows = [
        {"model": model, "emotion": label, "measure": measure, "score": scores[key], "support": scores["support"]}
        for model, record in records.items()
        for label, scores in record["per_class"].items()
        for key, measure in (("precision", "Precision"), ("recall", "Recall"), ("f1", "F1"))
    ]
    return pd.DataFrame(rows)


def robustness_table(found: Mapping[str, Mapping[str, Record]]) -> pd.DataFrame:
    """Return ``model``, ``condition`` (its title), ``accuracy``, ``low``, ``high``, and ``lost`` against clean faces.

    Args:
        found: Model → condition → figures, of :func:`find_robustness`.
    """
    rows = [
        {
            "model": model,
            "condition": row["title"],
            "accuracy": row["accuracy"],
            "low": row["accuracy_interval"][0],
            "high": row["accuracy_interval"][1],
            "lost": conditions["clean"]["accuracy"] - row["accuracy"],
        }
        for model, conditions in found.items()
        for row in conditions.values()
    ]
    return pd.DataFrame(rows, columns=["model", "condition", "accuracy", "low", "high", "lost"])


def unmeasured_conditions(found: Mapping[str, Mapping[str, Record]]) -> dict[str, list[str]]:
    """Return the titles of the conditions that another model was measured under, for each model that lacks some.

    Args:
        found: Model → condition → figures, of :func:`find_robustness`.
    """
    titles = {key: row["title"] for conditions in found.values() for key, row in conditions.items()}
    missing = {
        model: [title for key, title in titles.items() if key not in conditions] for model, conditions in found.items()
    }
    return {model: those for model, those in missing.items() if those}


def coverage_table(records: Mapping[str, Record]) -> pd.DataFrame:
    """Return ``model``, ``coverage`` and ``accuracy``, 0–1, of every model with a coverage curve.

    The risk–coverage curve of El-Yaniv and Wiener (2010), with accuracy in place of risk.
    """
    rows = [
        {"model": model, "coverage": coverage, "accuracy": accuracy}
        for model, record in records.items()
        for coverage, accuracy in record.get("coverage_curve", ())
    ]
    return pd.DataFrame(rows, columns=["model", "coverage", "accuracy"])


def abstention_table(records: Mapping[str, Record]) -> pd.DataFrame:
    """Return ``model``, ``abstain_below``, ``coverage`` and ``accuracy`` above it, 0–1, of every model with a limit."""
    rows = [{"model": model, **record["abstention"]} for model, record in records.items() if "abstention" in record]
    return pd.DataFrame(rows, columns=["model", "abstain_below", "coverage", "accuracy"])


def confusion_table(record: Record) -> pd.DataFrame:
    """Return ``true``, ``answered``, ``count`` and ``share`` (of the true label's faces, 0–1) in long form."""
    labels = list(record["per_class"])
    rows = []
    for true, counts in zip(labels, record["confusion_matrix"], strict=True):
        total = max(sum(counts), 1)
        rows += [
            {"true": true, "answered": answered, "count": count, "share": count / total}
            for answered, count in zip(labels, counts, strict=True)
        ]
    return pd.DataFrame(rows)


def reliability_table(record: Record) -> pd.DataFrame:
    """Return the non-empty bins: ``when`` (before or after scaling), ``confidence``, ``accuracy`` and ``count``."""
    rows = [
        {"when": when, "confidence": row["confidence"], "accuracy": row["accuracy"], "count": row["count"]}
        for when in ("before", "after")
        for row in record["reliability"][when]
        if row["count"]
    ]
    return pd.DataFrame(rows, columns=["when", "confidence", "accuracy", "count"])
