"""Scores the int8 file that ships, and its float parent where that is still there."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from emotion.errors import DatasetError
from emotion.registry import EVALUATION_FILE, checked_model_file, model_dir, save_card
from emotion.scoring import judged_set, score
from emotion.types import FloatArray, ModelCard
from emotion.vision.classify import LiteRTClassifier, load_classifier
from training import provenance
from training.datasets.face_set import FaceSet
from training.datasets.parquet import read_split, split_files
from training.datasets.splits import ROLES
from training.inputs import InputForm, predict_logits
from training.robustness import measure_robustness
from training.targets import label_sets_of, truths

KERAS_FILE = "model.keras"
"""The float parent, as export leaves it beside the int8 file; too large to be shipped."""

TIMED_FACES = 400

Scores = dict[str, dict[str, Any]]
"""Label set name → split name → the record of :func:`emotion.scoring.score`."""


def evaluate(name: str, data: Path) -> dict[str, Any]:
    """Score a model on every split but the training split; write ``evaluation.json`` and the card's scores.

    No augmentation, one face at a time, the same answers each time.

    Args:
        name: Of the model, or an alias.
        data: Folder of the data set.

    Returns:
        What was written.
    """
    classifier = load_classifier(name)
    card = classifier.card
    splits = _read_unlearned(data)
    tests = [faces for split, faces in splits.items() if ROLES[split] == "test"]

    def logits_of(faces: FaceSet) -> FloatArray:
        return classifier.logits(list(faces.images))

    evaluation = {
        "model": card.name,
        "sha256": card.sha256,
        "file_bytes": checked_model_file(card).stat().st_size,
        "parameters": card.parameters,
        "multiply_adds": card.multiply_adds,
        "temperature": card.temperature,
        "ms_per_face": ms_per_face(classifier, next(iter(splits.values()))),
        "command": provenance.command(),
        "commit": provenance.commit(),
        "seed": card.training.get("seed"),
        "hardware": provenance.hardware(),
        "int8": score_splits(logits_of, card, splits),
        "float": _score_parent(card, splits),
        "robustness": measure_robustness(logits_of, card, tests),
    }
    _write(card, evaluation)
    return evaluation


def score_splits(logits_of: Callable[[FaceSet], FloatArray], card: ModelCard, splits: dict[str, FaceSet]) -> Scores:
    """Score one form of a model by every kind of label that a split has and the model knows at least in part."""
    logits = {split: logits_of(faces) for split, faces in splits.items()}
    scores: Scores = {}
    for split, faces in splits.items():
        for label_set in label_sets_of(faces):
            record = score(logits[split], card.labels, truths(faces, label_set), label_set, card.temperature)
            judged = judged_set(label_set, card.labels)
            if record is not None and judged is not None:
                scores.setdefault(judged.name, {})[split] = record
    return scores


def ms_per_face(classifier: LiteRTClassifier, faces: FaceSet) -> float:
    """Return the median time of one face on one core, normalisation included, in ms."""
    durations = []
    for image in faces.images[:TIMED_FACES]:
        started = time.perf_counter()
        classifier.logits([image])
        durations.append(time.perf_counter() - started)
    return round(float(np.median(durations)) * 1000, 3)


def headline(evaluation: dict[str, Any]) -> dict[str, float]:
    """Return the figures that the card carries: the int8 file's on the test split, each 0–1."""
    scores: dict[str, float] = {}
    for label_set, splits in evaluation["int8"].items():
        for record in (record for split, record in splits.items() if ROLES[split] == "test"):
            for key in ("accuracy", "balanced_accuracy", "macro_f1"):
                scores[f"{label_set}_{key}"] = round(record[key], 4)
            scores[f"{label_set}_calibration_error"] = round(record["ece"]["after"], 4)
    return scores


def _read_unlearned(data: Path) -> dict[str, FaceSet]:
    splits = [split for split in split_files(data) if ROLES[split] != "train"]
    if not splits:
        raise DatasetError(f"expected a validation or test split in {data}; there is none")
    return {split: read_split(data, split) for split in splits}


def _score_parent(card: ModelCard, splits: dict[str, FaceSet]) -> Scores | None:
    """Score the float network that the file was made from, or keep what was once measured, or None."""
    file = model_dir(card.name) / KERAS_FILE
    if not file.is_file():
        return _known_parent_scores(card)
    import keras

    model = keras.models.load_model(file, compile=False, safe_mode=True)
    form = InputForm(card.input_size, card.colour, card.normalisation)
    return score_splits(lambda faces: predict_logits(model, form, faces.images), card, splits)


def _known_parent_scores(card: ModelCard) -> Scores | None:
    file = model_dir(card.name) / EVALUATION_FILE
    known = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    return known["float"] if known.get("sha256") == card.sha256 else None


def _write(card: ModelCard, evaluation: dict[str, Any]) -> None:
    text = json.dumps(evaluation, indent=1)
    (model_dir(card.name) / EVALUATION_FILE).write_text(text + "\n", encoding="utf-8")
    save_card(replace(card, scores=headline(evaluation)), model_dir(card.name))
