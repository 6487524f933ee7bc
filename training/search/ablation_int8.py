"""Rows of the ablation that need no training: the base as int8 files, and asked twice."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from emotion.types import FloatArray
from emotion.vision.litert import LiteRTModel
from emotion.vision.normalise import mirrored
from emotion.vision.timing import ms_per_face
from training.data.inputs import InputForm, predict_logits
from training.data.pipeline import read_roles
from training.export.export import REPRESENTATIVE_FACES, one_head
from training.export.quantise import to_int8
from training.fit.losses import columns_of
from training.fit.snapshots import heads_of, load_averaged, recipe_of
from training.networks import find_network
from training.search.ablation import Base
from training.search.ablation_rows import Row, measured_of, rows_of

_TIMED_FACES = 200


def measure_int8_and_tta(base: Base, data: Path) -> list[Row]:
    """Compare the base's int8 files, and its answers to faces and mirror images together, with its float answers.

    Args:
        base: Of the ablation.
        data: Folder of the data set: its training split shows the converter typical faces.
    """
    faces, recipe, heads = base.faces, recipe_of(base.run), heads_of(base.run)
    form = find_network(recipe.network).form(recipe)
    network = load_averaged(base.run, base.run.state()["epoch"])
    sizes = [len(labels) for labels in heads.values()]
    typical = read_roles(data, form.size)["train"].sample(REPRESENTATIVE_FACES, recipe.seed).images
    once, twice, factors = {}, {}, []
    flipped = predict_logits(network, form, mirrored(faces.images))
    straight = predict_logits(network, form, faces.images)
    for place, (name, column) in enumerate(zip(heads, columns_of(sizes), strict=True)):
        file = _Int8(to_int8(one_head(network, sizes, place), form, typical), form)
        once[name] = file(faces.images)
        twice[name] = np.asarray((straight[:, column] + flipped[:, column]) / 2, np.float32)
        factors.append(file.cost_of_asking_twice(faces.images[:_TIMED_FACES]))
    cost, title = round(float(np.mean(factors)), 2), "the base, logits of a face and its mirror image averaged"
    return [
        *rows_of("int8", "the base as int8 files", measured_of(once, faces), base.measured),
        *rows_of("flip", title, measured_of(twice, faces), base.measured, cost=cost),
    ]


class _Int8:
    """A .tflite file's answers to faces."""

    def __init__(self, content: bytes, form: InputForm) -> None:
        self.form = form
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "model.tflite"
            path.write_bytes(content)
            self.model = LiteRTModel(path)

    def __call__(self, images: NDArray[np.uint8]) -> FloatArray:
        """Return ``(n, k)`` logits."""
        return np.concatenate([self.model(self.form.prepare(image[None]))[0] for image in images])

    def cost_of_asking_twice(self, images: NDArray[np.uint8]) -> float:
        """Return how many times longer a face takes together with its mirror image."""
        once_ms = ms_per_face(lambda image: self(image[None]), images)
        twice_ms = ms_per_face(lambda image: self(np.stack([image, image[:, ::-1]])).mean(axis=0), images)
        return twice_ms / once_ms
