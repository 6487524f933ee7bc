"""Scores the shipped file of a face-part model on the test split."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from emotion.errors import DatasetError
from emotion.evaluation.timing import ms_per_face
from emotion.models.face_parts import PartCard, checked_part_file, load_part_card, part_models_dir, save_part_card
from emotion.models.registry import EVALUATION_FILE
from emotion.vision.litert import LiteRTModel
from emotion.vision.normalise import GREY
from training import provenance
from training.data.inputs import InputForm
from training.face_parts.examples import read_splits
from training.face_parts.export import one_by_one
from training.face_parts.tasks import HEADLINE, find_part_network
from training.face_parts.train import score_faces

TIMED_FACES = 200


def evaluate_parts(name: str, data: Path) -> dict[str, Any]:
    """Score a model on the test split; write ``evaluation.json`` and the card's figures.

    Args:
        name: Name of the model.
        data: Folder of the keypoints data set.

    Raises:
        DatasetError: The data set has no test split with points.
    """
    card = load_part_card(name)
    faces = read_splits(data).test
    if faces is None:
        raise DatasetError(f"expected a test split with points in {data.name}; it has none")
    network, form = find_part_network(card.training["network"]), InputForm(card.input_size, GREY, card.normalisation)
    model = LiteRTModel(checked_part_file(card))
    scores = score_faces(network, one_by_one(model), form, faces)
    del scores[HEADLINE]  # another model under this name
    cost = {
        "file_bytes": checked_part_file(card).stat().st_size,
        "ms_per_face": ms_per_face(lambda face: model(form.prepare(face[None])), faces.images[:TIMED_FACES]),
    }
    record = {
        "model": card.name,
        "sha256": card.sha256,
        "split": "test",
        "faces": len(faces),
        "scores": scores,
        "cost": cost,
        **provenance.record(),
    }
    text = json.dumps(record, indent=2, ensure_ascii=False)
    (part_models_dir() / card.name / EVALUATION_FILE).write_text(text + "\n", encoding="utf-8")
    save_part_card(replace(card, scores=scores | cost))
    return record


def print_parts(card: PartCard, record: dict[str, Any]) -> None:
    """Print one table: a row per part or point, and the means."""
    table = Table()
    scores = record["scores"]
    each = {name: values for name, values in scores.items() if isinstance(values, dict)}
    table.add_column("output")
    for name in each:
        table.add_column(name, justify="right")
    for row in next(iter(each.values()), {}):
        table.add_row(row, *(f"{values[row]:.4f}" for values in each.values()))
    console = Console()
    console.print(f"{card.title} ({card.name}), {record['faces']} test faces")
    if each:
        console.print(table)
    means = ", ".join(f"{name} {value:.4f}" for name, value in scores.items() if not isinstance(value, dict))
    cost = record["cost"]
    console.print(f"{means}; {cost['file_bytes'] / 1e6:.2f} MB, {cost['ms_per_face']:.2f} ms a face")
