"""Rows of the ablation, compared with the base on the same faces, as CSV and as a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from emotion.csv_text import csv_bytes
from emotion.evaluation.metrics import bootstrap_interval, class_report
from emotion.labels import NO_LABEL
from emotion.types import FloatArray
from training.data.targets import label_sets_of, truths
from training.datasets.face_set import FaceSet
from training.fit.checkpoints import RunFolder

_HEADS = {"ferplus": "FER+", "fer2013": "FER2013"}


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """Scores of one head on the faces with a label of its set."""

    right: NDArray[np.bool_]
    accuracy: float
    balanced_accuracy: float


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table; shares are 0–1.

    Attributes:
        name: Name of the variant.
        change: Description of the change.
        label_set: Label set of the scores.
        accuracy: Accuracy.
        balanced_accuracy: Mean recall of the labels.
        difference: Difference in accuracy to the base; None for the base.
        low: Lower end of the difference's 95% paired bootstrap interval.
        high: Upper end of the interval.
        seconds: Training time; None without training.
        cost: Time as a multiple of one int8 inference; None if not measured.
    """

    name: str
    change: str
    label_set: str
    accuracy: float
    balanced_accuracy: float
    difference: float | None
    low: float | None
    high: float | None
    seconds: float | None
    cost: float | None


def measured_of(answers: Mapping[str, FloatArray], faces: FaceSet) -> dict[str, Measured]:
    """Score each head.

    Args:
        answers: Name of the label set → ``(n, k)`` logits.
        faces: The ``n`` faces.
    """
    found = {}
    for label_set in label_sets_of(faces):
        if label_set.name in answers:
            truth = truths(faces, label_set)
            decided = truth != NO_LABEL
            given = answers[label_set.name].argmax(axis=1)[decided]
            report = class_report(truth[decided], given, label_set.labels)
            right = given == truth[decided]
            found[label_set.name] = Measured(right, report["accuracy"], report["balanced_accuracy"])
    return found


def rows_of(
    name: str,
    change: str,
    measured: Mapping[str, Measured],
    base: Mapping[str, Measured],
    *,
    seconds: float | None = None,
    cost: float | None = None,
) -> list[Row]:
    """Return a row per head, each compared with the base's on the same faces.

    Args:
        name: Name of the variant.
        change: Description of the change.
        measured: Label set name → scores of the head.
        base: Label set name → scores of the base's head. If it is ``measured``, nothing is compared.
        seconds: See :class:`Row`.
        cost: See :class:`Row`.
    """
    rows = []
    for label_set, head in measured.items():
        difference, low, high = (None, None, None) if measured is base else _difference(head, base[label_set])
        figures = (head.accuracy, head.balanced_accuracy, difference, low, high)
        rows.append(Row(name, change, label_set, *figures, seconds, cost))
    return rows


def _difference(head: Measured, base: Measured) -> tuple[float, float, float]:
    """Return the gain in accuracy and its paired bootstrap interval over faces."""
    gains = head.right.astype(float) - base.right.astype(float)
    return (float(gains.mean()), *bootstrap_interval(gains))


def write_table(rows: Sequence[Row], path: Path) -> None:
    """Write a row per variant and head as CSV."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(csv_bytes(pd.DataFrame([asdict(row) for row in rows])))


def write_page(rows: Sequence[Row], base: RunFolder, path: Path) -> None:
    """Write the rows as a page for people, both heads of a variant side by side."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page(rows, base.settings()), encoding="utf-8")


def page(rows: Sequence[Row], settings: Mapping[str, Any]) -> str:
    """Return the page's Markdown.

    Args:
        rows: Of :func:`rows_of`, the base first.
        settings: Of the base's run.
    """
    recipe, hardware = settings["recipe"], settings["hardware"]
    heads = list(dict.fromkeys(row.label_set for row in rows))
    names = dict.fromkeys(row.name for row in rows)
    lines = [_headings(heads), *(_cells([row for row in rows if row.name == name], heads) for name in names)]
    lines.insert(1, ["---"] * 2 + ["---:"] * (len(lines[0]) - 2))
    table = "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
    return _TEXT.format(
        network=recipe["network"],
        epochs=recipe["epochs"],
        used=settings["counts"]["used"],
        seed=recipe["seed"],
        cpu=hardware["cpu"],
        cores=hardware["cores"],
        backend=settings.get("backend", "unknown"),
        commit=str(settings["commit"])[:12],
        table=table,
    )


def _headings(heads: Sequence[str]) -> list[str]:
    headings = ["variant", "change"]
    for head in heads:
        headings += [f"{_HEADS.get(head, head)} accuracy", "balanced", "difference", "95% interval"]
    return [*headings, "training, s", "time"]


def _cells(rows: Sequence[Row], heads: Sequence[str]) -> list[str]:
    by_head = {row.label_set: row for row in rows}
    cells = [rows[0].name, rows[0].change]
    for head in heads:
        cells += _figures(by_head.get(head))
    seconds, cost = rows[0].seconds, rows[0].cost
    spent = "–" if seconds is None else f"{seconds:,.0f}"
    return [*cells, spent, "–" if cost is None else f"{cost:.2f} ×"]


def _figures(row: Row | None) -> list[str]:
    if row is None:
        return ["–"] * 4
    scores = [f"{100 * row.accuracy:.2f}", f"{100 * row.balanced_accuracy:.2f}"]
    if row.difference is None or row.low is None or row.high is None:
        return [*scores, "", ""]
    difference = f"{100 * row.difference:+.2f}"
    if row.low > 0 or row.high < 0:
        difference = f"**{difference}**"
    return [*scores, difference, f"{100 * row.low:+.2f} to {100 * row.high:+.2f}"]


_TEXT = """# What each idea is worth

Written by `python -m training ablate`; no figure here is typed by hand.

Every row is the base with one change. The base is the recipe `default` for the network `{network}` with one cycle
(epochs: {epochs}), trained on {used} faces with seed {seed} ({cpu}, cores: {cores}, {backend}, commit {commit}). Scores
are percent on the validation split (PublicTest) after the last epoch; the test split was not used. Differences are
points of accuracy against the base on the same faces with the paired bootstrap interval, bold if the interval excludes
zero. The interval covers the choice of faces, not of the seed: each variant was trained once. Ideas that pay off in
long trainings, such as strong augmentation, may cost accuracy at this budget. Times are multiples of one int8
inference.

{table}
"""
