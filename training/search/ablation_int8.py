"""Rows of the ablation without training: the base as int8 files, and the base with TTA."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from emotion.types import FloatArray, Image
from emotion.vision.litert import LiteRTModel
from emotion.vision.normalise import mirrored
from training.data.inputs import InputForm, predict_logits
from training.data.pipeline import read_role
from training.evaluation.flip_tta import tta_cost
from training.export.export import REPRESENTATIVE_FACES, one_head
from training.export.quantise import to_int8
from training.fit.losses import columns_of
from training.fit.snapshots import heads_of, load_averaged, recipe_of
from training.networks import find_network
from training.search.ablation import Base
from training.search.ablation_rows import Row, measured_of, rows_of


def measure_int8_and_tta(base: Base, data: Path) -> list[Row]:
    """Compare the base's int8 files, and the base with TTA, with its float answers.

    Args:
        base: The base of the ablation.
        data: Folder of the data set, whose training split gives the converter representative faces.
    """
    faces, recipe, heads = base.faces, recipe_of(base.run), heads_of(base.run)
    form = find_network(recipe.network).form(recipe)
    network = load_averaged(base.run, base.run.state()["epoch"])
    sizes = [len(labels) for labels in heads.values()]
    typical = read_role(data, "train", form.size).sample(REPRESENTATIVE_FACES, recipe.seed).images
    once, twice, factors = {}, {}, []
    flipped = predict_logits(network, form, mirrored(faces.images))
    straight = predict_logits(network, form, faces.images)
    for place, (name, column) in enumerate(zip(heads, columns_of(sizes), strict=True)):
        file = _Int8(to_int8(one_head(network, sizes, place), form, typical), form)
        once[name] = file(faces.images)
        twice[name] = np.asarray((straight[:, column] + flipped[:, column]) / 2, np.float32)
        factors.append(tta_cost(file, faces.images)["factor"])
    cost, title = round(float(np.mean(factors)), 2), "the base with TTA: logits of a face and its mirror image averaged"
    return [
        *rows_of("int8", "the base as int8 files", measured_of(once, faces), base.measured),
        *rows_of("tta", title, measured_of(twice, faces), base.measured, cost=cost),
    ]


class _Int8:
    """A .tflite model as a function of faces."""

    def __init__(self, content: bytes, form: InputForm) -> None:
        self.form = form
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "model.tflite"
            path.write_bytes(content)
            self.model = LiteRTModel(path)

    def __call__(self, images: Iterable[Image]) -> FloatArray:
        """Return ``(n, k)`` logits."""
        return np.concatenate([self.model(self.form.prepare(image[None]))[0] for image in images])
