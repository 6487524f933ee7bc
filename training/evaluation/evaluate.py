"""Evaluates a model: its int8 file, and its float network if that still exists."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from emotion.errors import DatasetError
from emotion.labels import RAFDB
from emotion.models.registry import EVALUATION_FILE, file_bytes, member_cards, model_dir, save_card
from emotion.types import FloatArray, ModelCard
from emotion.vision.classify import ensemble_logits, load_classifier, scaled_softmax, with_tta
from training import provenance
from training.data.inputs import InputForm, predict_logits
from training.datasets.face_set import FACE_SIZE, FaceSet
from training.datasets.manifest import reduced_size
from training.datasets.readers.parquet import read_split, split_files
from training.datasets.splits import ROLES
from training.evaluation.calibrate import set_answers, truth_for, with_abstention_threshold
from training.evaluation.evaluation_sets import has_rafdb, read_rafdb
from training.evaluation.flip_tta import measure_tta, tta_cost
from training.evaluation.leakage import measure_leakage
from training.evaluation.pooled_calibration import abstention_by_set
from training.evaluation.robustness import measure_robustness
from training.evaluation.scored import scores_of

KERAS_FILE = "model.keras"
"""The float network, which export writes beside the int8 file; too large to ship."""

Scores = dict[str, dict[str, Any]]
"""Label set name → split name → the record of :func:`emotion.evaluation.scoring.score`."""

LogitsOf = Callable[[FaceSet], FloatArray]
"""Returns ``(n, k)`` raw scores of faces."""


def evaluate(name: str, data: Path, faces: Path | None = None) -> dict[str, Any]:
    """Score a model on every split but the training split; write ``evaluation.json`` and the card's scores.

    Faces are classified one at a time without augmentation.

    Args:
        name: Name of the model, or an alias.
        data: Folder of the data set.
        faces: Folder of aligned faces with RAF-DB; without it, RAF-DB is not scored.

    Returns:
        What was written.
    """
    classifier = load_classifier(name)
    own = _read_unlearned(data)
    splits = own | _read_rafdb(faces, own)

    def logits_of(images: FaceSet) -> FloatArray:
        return classifier.logits(list(images.images))

    logits = {name: logits_of(one) for name, one in splits.items()}
    card = _with_known_threshold(classifier.card, logits, own)
    cost = tta_cost(classifier.logits, next(iter(own.values())).images)
    evaluation = {
        **_facts(card),
        "ms_per_face": cost["ms"],
        "int8": score_splits(logits, card, splits),
        "float": _score_parent(card, splits),
        "flip": {
            "cost": cost,
            "scores": measure_tta(logits_of, logits, card, splits),
        },
        "robustness": measure_robustness(logits_of, card, _of_role("test", splits)),
        "copies": _copies(logits, card, own, data),
        "abstention": abstention_by_set(card, [set_answers(card, one, logits[name]) for name, one in splits.items()]),
    }
    _write(card, evaluation)
    return evaluation


def _facts(card: ModelCard) -> dict[str, Any]:
    return {
        "model": card.name,
        "sha256": card.sha256,
        "file_bytes": file_bytes(card),
        "parameters": card.parameters,
        "multiply_adds": card.multiply_adds,
        "temperature": card.temperature,
        "abstain_below": card.abstain_below,
        "second_look_below": card.second_look_below,
        "seed": card.training.get("seed"),
        **provenance.record(),
    }


def _with_known_threshold(
    card: ModelCard, logits: Mapping[str, FloatArray], splits: Mapping[str, FaceSet]
) -> ModelCard:
    """Return the card with an abstention threshold, fitted on the validation split if it has none."""
    for faces in _of_role("validation", splits) if not card.abstain_below else ():
        card = with_abstention_threshold(card, logits[faces.split], truth_for(card.labels, faces))
    return card


def _of_role(role: str, splits: Mapping[str, FaceSet]) -> list[FaceSet]:
    return [faces for faces in splits.values() if ROLES[faces.split] == role]


def score_splits(logits: Mapping[str, FloatArray], card: ModelCard, splits: Mapping[str, FaceSet]) -> Scores:
    """Score a model by every kind of label of each split.

    Args:
        logits: Name → ``(n, k)`` raw scores of its faces.
        card: Card of the model.
        splits: Name → faces.
    """
    scores: Scores = {}
    for name, faces in splits.items():
        for label_set, record in scores_of(logits[name], card, faces, card.abstain_below):
            scores.setdefault(label_set, {})[faces.split] = record
    return scores


def headline(evaluation: dict[str, Any]) -> dict[str, float]:
    """Return the card's scores: those of the int8 file on the test split, each 0–1."""
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


def _read_rafdb(faces: Path | None, own: Mapping[str, FaceSet]) -> dict[str, FaceSet]:
    """Read RAF-DB's validation and test faces if they exist and are not the data set itself."""
    if faces is None or not has_rafdb(faces) or any(one.label_set.name == RAFDB.name for one in own.values()):
        return {}
    roles: tuple[Literal["validation", "test"], ...] = ("validation", "test")
    return {f"{RAFDB.name}/{split}": read_rafdb(faces, split) for split in roles}


def _copies(
    logits: Mapping[str, FloatArray], card: ModelCard, splits: Mapping[str, FaceSet], data: Path
) -> dict[str, dict[str, Any]]:
    """Measure leakage from the training split, which is read at a reduced size to save memory."""
    train = next((split for split in split_files(data) if ROLES[split] == "train"), None)
    if train is None:
        return {}
    return measure_leakage(logits, card, splits, read_split(data, train, size=reduced_size(data, FACE_SIZE)))


def _score_parent(card: ModelCard, splits: Mapping[str, FaceSet]) -> Scores | None:
    """Score the float network, or return its earlier scores if it no longer exists."""
    logits_of = _parent(card)
    if logits_of is None:
        return _existing_evaluation(card).get("float")
    return score_splits({name: logits_of(faces) for name, faces in splits.items()}, card, splits)


def _parent(card: ModelCard) -> LogitsOf | None:
    """Return a model's float network (for ensembles: the ensemble of them), or None."""
    if card.members:
        return _joint_parent(member_cards(card))
    file = model_dir(card.name) / KERAS_FILE
    if not file.is_file():
        return None
    import keras

    model = keras.models.load_model(file, compile=False, safe_mode=True)
    form = InputForm(card.input_size, card.colour, card.normalisation)
    return lambda faces: with_tta(
        lambda images: predict_logits(model, form, images), faces.images, card.second_look_below
    )


def _joint_parent(members: Sequence[ModelCard]) -> LogitsOf | None:
    parents = [(parent, member.temperature) for member in members if (parent := _parent(member)) is not None]
    if len(parents) < len(members):
        return None
    return lambda faces: ensemble_logits(
        [scaled_softmax(parent(faces), temperature) for parent, temperature in parents]
    )


def _existing_evaluation(card: ModelCard) -> dict[str, Any]:
    """Return the existing evaluation of the same model file; empty if there is none."""
    file = model_dir(card.name) / EVALUATION_FILE
    known = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    return known if known.get("sha256") == card.sha256 else {}


def _write(card: ModelCard, evaluation: dict[str, Any]) -> None:
    # Keep the angles, which the command `angles` adds.
    evaluation |= {key: value for key, value in _existing_evaluation(card).items() if key == "angles"}
    file = model_dir(card.name) / EVALUATION_FILE
    file.write_text(json.dumps(evaluation, indent=1) + "\n", encoding="utf-8")
    save_card(replace(card, scores=headline(evaluation)), model_dir(card.name))
