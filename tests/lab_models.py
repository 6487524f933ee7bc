"""Synthetic model folders for the lab: real int8 files if available, figures with known answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from emotion.evaluation.metrics import class_report
from emotion.labels import FER2013_LABELS, FERPLUS_LABELS

HISTORY = "epoch,loss,accuracy,public_accuracy,public_loss\n1,1.5,0.4,0.5,1.4\n2,1.0,0.6,0.7,1.1\n"


def make_record(labels: tuple[str, ...], right: int = 3, wrong: int = 1) -> dict[str, Any]:
    """Return a record in which, for each label, `right` faces are correct and `wrong` ones get the next label."""
    truth = [code for code in range(len(labels)) for _ in range(right + wrong)]
    answers = [
        (code if face < right else (code + 1) % len(labels))
        for code in range(len(labels))
        for face in range(right + wrong)
    ]
    import numpy as np

    report = class_report(np.array(truth), np.array(answers), labels)
    filled = {"low": 0.6, "high": 0.8, "count": len(truth), "confidence": 0.7, "accuracy": report["accuracy"]}
    empty = {"low": 0.0, "high": 0.6, "count": 0, "confidence": None, "accuracy": None}
    bins = [empty, filled]
    return report | {
        "accuracy_interval": [report["accuracy"] - 0.05, report["accuracy"] + 0.05],
        "ece": {"before": 0.2, "after": 0.05},
        "reliability": {"before": bins, "after": bins},
    }


def make_abstention() -> dict[str, Any]:
    """Return a record in which three quarters of all answers are right, and all of the more confident half."""
    return {
        "coverage_curve": [[1.0, 0.75], [0.5, 1.0]],
        "abstention": {"abstain_below": 0.4, "coverage": 0.5, "accuracy": 1.0},
    }


def make_conditions() -> dict[str, dict[str, Any]]:
    """Return a record in which half of the answers are right, and a quarter on blurred faces."""
    accuracies = {"clean": ("As they are", 0.5), "blur": ("Blurred", 0.25)}
    return {
        name: {"title": title, "accuracy": accuracy, "accuracy_interval": [accuracy - 0.1, accuracy + 0.1]}
        for name, (title, accuracy) in accuracies.items()
    }


def make_model(
    folder: Path,
    name: str,
    labels: tuple[str, ...],
    int8: dict[str, dict[str, Any]] | None = None,
    history: str | None = HISTORY,
    robustness: dict[str, Any] | None = None,
    **card: Any,
) -> None:
    """Write a model's folder; without `int8`, it has no evaluation."""
    (folder / name).mkdir(parents=True)
    values = {
        "name": name, "title": name, "labels": list(labels), "input_size": 48, "colour": "grey",
        "normalisation": "unit", "crop": "aligned", "temperature": 1.0, "file": "model.tflite", "sha256": "0" * 64,
        "parameters": 2_000_000, "multiply_adds": 50_000_000, "licence": "",
    }  # fmt: skip
    (folder / name / "card.json").write_text(json.dumps(values | card))
    if history is not None:
        (folder / name / "history.csv").write_text(history)
    if int8 is not None:
        evaluation = {"model": name, "file_bytes": 1_500_000, "int8": int8, "robustness": robustness or {}}
        (folder / name / "evaluation.json").write_text(json.dumps(evaluation))


def make_lab(folder: Path) -> Path:
    """Write four models: with eight, seven and three classes, and one without an evaluation."""
    seven, three = FER2013_LABELS, ("anger", "neutral", "sadness")
    both = {
        "ferplus": {
            "private-test": make_record(FERPLUS_LABELS) | make_abstention(),
            "public-test": make_record(FERPLUS_LABELS, 1, 1),
        },
        "fer2013": {"private-test": make_record(seven, 1, 1) | make_abstention()},
    }
    make_model(folder, "eight", FERPLUS_LABELS, both, robustness={"fer2013": {"private-test": make_conditions()}})
    make_model(folder, "seven", seven, {"fer2013": {"private-test": make_record(seven, 4, 1)}})
    make_model(folder, "three", three, {"fer2013-anger-neutral-sadness": {"private-test": make_record(three, 9, 1)}})
    make_model(folder, "unjudged", seven, None, history=None)
    return folder
