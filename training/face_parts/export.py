"""Exports a run as a model of face parts: the int8 file, its card and history."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np

from emotion.errors import InputError, ModelError
from emotion.models.face_parts import KEYPOINTS, PartCard, part_models_dir, save_part_card
from emotion.models.registry import HISTORY_FILE, sha256_of
from emotion.types import FloatArray
from emotion.vision.litert import LiteRTModel
from training.data.inputs import InputForm
from training.datasets.keypoint_set import KEYPOINT_IMAGE_SIZE, KeypointSet
from training.evaluation.cost import multiply_adds
from training.export.quantise import to_int8
from training.face_parts.examples import read_splits
from training.face_parts.tasks import HEADLINE, PartNetwork, find_part_network
from training.face_parts.train import form_of, load_part_weights, score_faces
from training.fit.checkpoints import RunFolder
from training.recipes import Recipe

MODEL_FILE = "model.tflite"
TYPICAL_FACES = 400
"""Representative faces for the converter."""
LARGEST_LOSS = 0.02
"""Largest loss of the headline score by quantisation, on validation faces; relative if the score is outside −1 to 1."""

LICENCE = (
    "Weights trained from scratch for this project on faces of YouTube Faces with points computed by their "
    "publisher's model; no picture is contained. Check the terms of that data before commercial use."
)
_FIVE = ("right_eye_center", "left_eye_center", "nose_tip", "mouth_right_corner", "mouth_left_corner")


def export_parts(run: RunFolder, data: Path, name: str | None = None, title: str | None = None) -> PartCard:
    """Write ``data/models/parts/<name>`` from a run's best weights.

    Args:
        run: The run.
        data: Folder of its data set.
        name: Folder name of the model; the network's own if None.
        title: Name for people; the network's own if None.

    Raises:
        InputError: The run has not finished an epoch.
        ModelError: The int8 file scores worse than the network.
    """
    if not run.state()["best_epoch"]:
        raise InputError(f"expected a run with at least one finished epoch; {run.path.name} has none")
    settings = run.settings()
    recipe = Recipe.from_dict(settings["recipe"])
    network, form = find_part_network(recipe.network), form_of(recipe)
    splits = read_splits(data, settings["limit"], recipe.seed)
    model = load_part_weights(run, network)
    # In the run's folder until it is verified, since the app lists every file in the models' folder.
    file = run.path / MODEL_FILE
    file.write_bytes(to_int8(model, form, splits.train.images[:TYPICAL_FACES], network.exact))
    _expect_as_good(file, model, network, form, splits.validation)
    card = PartCard(
        name=name or network.name,
        title=title or network.title,
        outputs=network.task.outputs,
        input_size=form.size,
        normalisation=form.normalisation,
        frame=mean_frame(splits.train),
        file=MODEL_FILE,
        sha256=sha256_of(file),
        parameters=model.count_params(),
        multiply_adds=multiply_adds(model),
        licence=LICENCE,
        training=run.facts() | {"network": network.name} | settings,
    )
    folder = part_models_dir() / card.name
    folder.mkdir(parents=True, exist_ok=True)
    for part in (file, run.path / HISTORY_FILE):
        shutil.copyfile(part, folder / part.name)
    save_part_card(card)
    return card


def _expect_as_good(file: Path, model: Any, network: PartNetwork, form: InputForm, faces: KeypointSet) -> None:
    whole = score_faces(network, model.predict_on_batch, form, faces)[HEADLINE]
    small = score_faces(network, one_by_one(LiteRTModel(file)), form, faces)[HEADLINE]
    if whole - small > (limit := LARGEST_LOSS * max(1.0, abs(whole))):
        raise ModelError(f"expected int8 to score within {limit:.2f} of float's {whole:.4f}; got {small:.4f}")


def one_by_one(model: LiteRTModel) -> Any:
    """Return a function that runs a model of batch size 1 on ``(n, …)`` inputs."""

    def answer(values: FloatArray) -> FloatArray:
        return np.concatenate([model(face[None])[0] for face in values])

    return answer


def mean_frame(faces: KeypointSet) -> tuple[tuple[float, float], ...]:
    """Return the mean positions of the app's five alignment points, as shares of the side."""
    rows = [KEYPOINTS.index(name) for name in _FIVE]
    means = np.nanmean(faces.points[:, rows], axis=0) / KEYPOINT_IMAGE_SIZE
    return tuple((round(float(x), 4), round(float(y), 4)) for x, y in means)
