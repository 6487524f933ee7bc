"""The ablation: the recipe ``default`` at a small budget, with one change at a time."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from emotion.errors import InputError
from emotion.types import FloatArray
from training.augment import GENTLE
from training.data.inputs import predict_logits
from training.data.pipeline import read_role
from training.datasets.face_set import FaceSet
from training.fit.checkpoints import RunFolder
from training.fit.losses import columns_of
from training.fit.snapshots import heads_of, load_averaged, recipe_of
from training.fit.train import RunOptions, train
from training.networks import find_network
from training.recipes import CONSTANT, DEFAULT, LABELS, VOTES, Recipe
from training.search.ablation_rows import Measured, Row, measured_of, rows_of, write_page, write_table

EPOCHS = 8
NETWORK = "resvgg-half"
"""Stands in for the default network: it takes a third of the time, so more epochs fit the budget."""
BASE = "base"
TEACHERS = ("ferplus-resvgg", "fer2013-resvgg")


@dataclass(frozen=True, slots=True)
class Variant:
    """One change to the base recipe.

    Attributes:
        name: Name of the variant and its run.
        change: Description for people.
        changes: Replaced fields of the recipe.
    """

    name: str
    change: str
    changes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Base:
    """The run that all variants are compared with.

    Attributes:
        run: The run.
        faces: Validation faces.
        measured: Label set name → scores of the head.
    """

    run: RunFolder
    faces: FaceSet
    measured: Mapping[str, Measured]


def _varied(**changes: float) -> dict[str, Any]:
    return {"augmentation": replace(DEFAULT.augmentation, **changes)}


VARIANTS: tuple[Variant, ...] = (
    Variant(BASE, "the recipe default with half its network and one short cycle"),
    Variant("votes-only", "one head: FER+ votes", {"targets": VOTES}),
    Variant("labels-only", "one head: FER2013's labels", {"targets": LABELS}),
    Variant("plain-augmentation", "flips, shifts, rotation and zoom only", {"augmentation": GENTLE}),
    Variant("no-worsening", "no blur, noise, few pixels or darkness", _varied(worsen=0.0)),
    Variant("no-erasing", "no rectangles erased", _varied(erase=0.0)),
    Variant("mixup", "mixup of 0.2", {"mixup": 0.2}),
    Variant("no-averaging", "no moving average of the weights", {"average_decay": 0.0}),
    Variant("constant-rate", "the learning rate stays constant", {"schedule": CONSTANT}),
    Variant("logit-adjustment", "logit adjustment of 0.3", {"logit_adjustment": 0.3}),
    Variant("vgg", "the plain VGG instead of the network", {"network": "vgg-half"}),
    Variant("pooled", "global pooling instead of spatial attention", {"network": "resvgg-half-pooled"}),
    Variant("no-excitation", "no squeeze-and-excitation", {"network": "resvgg-half-plain"}),
    Variant("no-smoothing", "labels not smoothed", {"label_smoothing": 0.0}),
    Variant("oversampling", "rare labels sampled as often as common ones", {"oversample": True}),
    Variant("distillation", "half of each target from ferplus-resvgg and fer2013-resvgg", {"teachers": TEACHERS}),
    Variant("sharpness-aware", "sharpness-aware minimisation, radius 0.05", {"sharpness": 0.05}),
)
"""All variants, the base first."""


def find_variants(names: Collection[str] | None) -> list[Variant]:
    """Return the named variants, or all; always with the base.

    Raises:
        InputError: There is no such variant.
    """
    known = [variant.name for variant in VARIANTS]
    if unknown := [name for name in names or () if name not in known]:
        raise InputError(f"expected variants from {', '.join(known)}; got {', '.join(unknown)}")
    return [variant for variant in VARIANTS if names is None or variant.name in {BASE, *names}]


def recipe_for(variant: Variant, epochs: int) -> Recipe:
    """Return a variant's recipe: the default with a smaller network and one cycle, plus the change."""
    base = replace(DEFAULT, name=variant.name, network=NETWORK, epochs=epochs, cycles=1)
    return replace(base, **variant.changes)


def ablate(
    data: Path, runs: Path, *, epochs: int = EPOCHS, limit: int | None = None, only: Collection[str] | None = None
) -> list[Row]:
    """Train the missing variants, and compare all finished ones with the base on the validation split.

    Args:
        data: Folder of the data set.
        runs: Folder with one run per variant, which are resumed.
        epochs: Epochs of each variant.
        limit: Maximum number of faces per split.
        only: Train only these and the base.
    """
    for variant in find_variants(only):
        train(recipe_for(variant, epochs), data, runs, name=variant.name, options=RunOptions(limit=limit))
    base = base_of(runs, data, limit)
    rows: list[Row] = []
    for variant, run in _finished(runs, epochs, limit):
        measured = base.measured
        if variant.name != BASE:
            measured = measured_of(answers_of(run, base.faces.images), base.faces)
        seconds = sum(epoch["seconds"] for epoch in run.state()["history"])
        rows += rows_of(variant.name, variant.change, measured, base.measured, seconds=round(seconds))
    return rows


def base_of(runs: Path, data: Path, limit: int | None) -> Base:
    """Return the trained base with its scores on the validation split; arguments as in :func:`ablate`."""
    run, faces = RunFolder(runs / BASE), read_role(data, "validation").sample(limit, DEFAULT.seed)
    return Base(run, faces, measured_of(answers_of(run, faces.images), faces))


def write(rows: Sequence[Row], runs: Path, table: Path, text: Path) -> None:
    """Write the rows as CSV and as a page."""
    write_table(rows, table)
    write_page(rows, RunFolder(runs / BASE), text)


def answers_of(run: RunFolder, images: Any) -> dict[str, FloatArray]:
    """Return label set name → logits after a run's last epoch; cached in its folder."""
    epoch = run.state()["epoch"]
    file = run.path / f"validation-{epoch:03d}.npy"
    if not file.is_file():
        recipe = recipe_of(run)
        np.save(file, predict_logits(load_averaged(run, epoch), find_network(recipe.network).form(recipe), images))
    logits, heads = np.load(file), heads_of(run)
    columns = columns_of([len(labels) for labels in heads.values()])
    return {name: logits[:, column] for name, column in zip(heads, columns, strict=True)}


def _finished(runs: Path, epochs: int, limit: int | None) -> Iterator[tuple[Variant, RunFolder]]:
    """Yield the variants that were trained to completion with these settings."""
    for variant in VARIANTS:
        run = RunFolder(runs / variant.name)
        done = run.state()["epoch"] == epochs and run.settings().get("limit") == limit
        if done and recipe_of(run) == recipe_for(variant, epochs):
            yield variant, run
