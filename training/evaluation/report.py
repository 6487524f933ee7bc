"""Prints an evaluation as tables."""

from __future__ import annotations

import sys
from typing import Any

from rich.console import Console
from rich.table import Table

from emotion.evaluation.scores import FAMILIES, family_of
from training.datasets.splits import ROLES

_NAMES = FAMILIES | {
    "public-test": "PublicTest",
    "private-test": "PrivateTest",
}

_ABSTENTION = ("coverage", "accuracy then")
"""Headings of coverage and accuracy under the abstention threshold."""


def print_evaluation(evaluation: dict[str, Any], console: Console | None = None) -> None:
    """Print the summary of all label sets and splits, and the labels' own figures on the test split."""
    # Pipes have no width; the default of 80 columns would cut the figures.
    console = console or Console(width=None if sys.stdout.isatty() else 160)
    console.print(_facts(evaluation))
    console.print(_summary(evaluation))
    if "abstention" in evaluation:
        console.print(_abstention_by_set(evaluation["abstention"]))
    console.print(_flip(evaluation["flip"]))
    if evaluation["robustness"]:
        console.print(_robustness(evaluation["robustness"]))
    for split, row in evaluation["copies"].items():
        console.print(_copies(split, row))
    for label_set, splits in evaluation["int8"].items():
        for split, record in splits.items():
            if ROLES[split] == "test":
                console.print(_per_class(label_set, split, record))


def _name(text: str) -> str:
    """Return the display name of a label set or split; subsets show their number of labels."""
    family = family_of(text)
    subset = "" if family == text else f", {text.count('-')} labels"
    return _NAMES.get(family, family) + subset


def _facts(evaluation: dict[str, Any]) -> str:
    hardware, cost = evaluation["hardware"], evaluation["multiply_adds"]
    cost_text = "unknown" if cost is None else f"{cost / 1e6:.0f} M"
    return (
        f"[bold]{evaluation['model']}[/bold]: {evaluation['parameters']:,} parameters, "
        f"{cost_text} multiply-adds, {evaluation['file_bytes'] / 1e6:.2f} MB, "
        f"{evaluation['ms_per_face']:.2f} ms per face on one core of {hardware['cpu']}, "
        f"temperature {evaluation['temperature']:.3f}, unclear below {evaluation['abstain_below']:.3f}, "
        f"TTA below a margin of {evaluation['second_look_below']:.3f}"
    )


def _summary(evaluation: dict[str, Any]) -> Table:
    table = Table("labels", "split", "form", title="Scores in percent")
    for heading in ("n", "accuracy", "95% interval", "balanced", "macro-F1", "ECE before", "ECE after", *_ABSTENTION):
        table.add_column(heading, justify="right")
    for form in ("int8", "float"):
        for label_set, splits in (evaluation[form] or {}).items():
            for split, record in splits.items():
                table.add_row(_name(label_set), _name(split), form, *_figures(record))
    return table


def _figures(record: dict[str, Any]) -> list[str]:
    low, high = record["accuracy_interval"]
    return [
        f"{record['n']:,}",
        f"{100 * record['accuracy']:.2f}",
        f"{100 * low:.1f} to {100 * high:.1f}",
        f"{100 * record['balanced_accuracy']:.2f}",
        f"{100 * record['macro_f1']:.2f}",
        f"{100 * record['ece']['before']:.2f}",
        f"{100 * record['ece']['after']:.2f}",
        *_abstention(record.get("abstention")),
    ]


def _abstention(record: dict[str, Any] | None) -> list[str]:
    """Return coverage and accuracy, or dashes for old records without them."""
    if record is None:
        return ["–", "–"]
    accuracy = record["accuracy"]
    return [f"{100 * record['coverage']:.2f}", "–" if accuracy is None else f"{100 * accuracy:.2f}"]


def _abstention_by_set(record: dict[str, Any]) -> Table:
    """Return coverage and accuracy under the threshold, over all of the model's labels as in the app."""
    table = Table("labels", "split", title=f"Answers of at least {100 * record['limit']:.2f}%, as in the app")
    for heading in ("n", *_ABSTENTION):
        table.add_column(heading, justify="right")
    for label_set, roles in record["sets"].items():
        for row in roles.values():
            table.add_row(_name(label_set), _name(row["split"]), f"{row['faces']:,}", *_abstention(row))
    return table


def _flip(flip: dict[str, Any]) -> Table:
    """Return accuracy and cost of TTA on every face."""
    cost = flip["cost"]
    title = f"TTA with the mirror image on every face, int8, {cost['factor']:.2f} times the time"
    table = Table("labels", "split", title=title)
    for heading in ("accuracy", "95% interval", "balanced", "gain"):
        table.add_column(heading, justify="right")
    for label_set, splits in flip["scores"].items():
        for split, row in splits.items():
            low, high = row["accuracy_interval"]
            figures = [f"{100 * row['accuracy']:.2f}", f"{100 * low:.1f} to {100 * high:.1f}"]
            figures += [f"{100 * row['balanced_accuracy']:.2f}", f"{100 * row['gain']:+.2f}"]
            table.add_row(_name(label_set), _name(split), *figures)
    return table


def _robustness(label_sets: dict[str, Any]) -> Table:
    """Return accuracy under each corruption, and the loss against unchanged pictures."""
    table = Table("faces", title="Robustness: accuracy in percent under corruptions, int8")
    columns = [(label_set, split, rows) for label_set, splits in label_sets.items() for split, rows in splits.items()]
    for label_set, split, _ in columns:
        table.add_column(f"{_name(label_set)}, {_name(split)}", justify="right")
        table.add_column("lost", justify="right")
    for condition, row in columns[0][2].items():
        figures = []
        for _, _, rows in columns:
            accuracy, clean = rows[condition]["accuracy"], rows["clean"]["accuracy"]
            figures += [f"{100 * accuracy:.2f}", f"{100 * (clean - accuracy):.2f}"]
        table.add_row(row["title"], *figures)
    return table


def _copies(split: str, row: dict[str, Any]) -> str:
    """Describe the leakage of a split."""
    elsewhere = row["accuracy_others"]
    return (
        f"{_name(split)}: {row['copied']:,} of {row['faces']:,} faces have a duplicate in the training split, "
        f"{100 * row['same_label']:.1f}% of them with the same label; this package does not train on them. "
        f"Accuracy is {100 * row['accuracy_copied']:.2f}% on these faces"
        f"{'' if elsewhere is None else f' and {100 * elsewhere:.2f}% on the others'}; "
        f"with memorised duplicates it would be {100 * row['accuracy_by_heart']:.2f}% overall."
    )


def _per_class(label_set: str, split: str, record: dict[str, Any]) -> Table:
    """Return precision, recall and F1 of each label, with its row of the confusion matrix."""
    labels = list(record["per_class"])
    table = Table("true label", title=f"{_name(label_set)}, {_name(split)}, int8")
    for heading in ("faces", "precision", "recall", "F1", *(f"as {label}" for label in labels)):
        table.add_column(heading, justify="right")
    for (label, row), answered in zip(record["per_class"].items(), record["confusion_matrix"], strict=True):
        shares = [f"{100 * row[key]:.1f}" for key in ("precision", "recall", "f1")]
        table.add_row(label, str(row["support"]), *shares, *map(str, answered))
    return table
