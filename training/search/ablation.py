"""What each idea is worth by itself: the default recipe at a small budget, with one change at a time."""

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
from training.data.pipeline import read_validation
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
"""Stands for the default network: a third of its hours buys longer trainings, in which more of the ideas can show."""
BASE = "base"
TEACHERS = ("ferplus-resvgg", "fer2013-resvgg")


@dataclass(frozen=True, slots=True)
class Variant:
    """One change to the base recipe.

    Attributes:
        name: Of its run.
        change: For people.
        changes: Fields of the recipe that are replaced.
    """

    name: str
    change: str
    changes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Base:
    """What all variants are compared with.

    Attributes:
        run: Its run.
        faces: On which all are judged.
        measured: Its heads, by the name of their label set.
    """

    run: RunFolder
    faces: FaceSet
    measured: Mapping[str, Measured]


def _varied(**changes: float) -> dict[str, Any]:
    return {"augmentation": replace(DEFAULT.augmentation, **changes)}


VARIANTS: tuple[Variant, ...] = (
    Variant(BASE, "the default recipe and half its network, one short cycle"),
    Variant("votes-only", "one head: FER+ votes", {"targets": VOTES}),
    Variant("labels-only", "one head: FER2013's labels", {"targets": LABELS}),
    Variant("plain-augmentation", "flips, shifts, rotation and zoom alone", {"augmentation": GENTLE}),
    Variant("no-worsening", "no blur, noise, few pixels or darkness", _varied(worsen=0.0)),
    Variant("no-erasing", "no rectangles erased", _varied(erase=0.0)),
    Variant("mixup", "mixup of 0.2", {"mixup": 0.2}),
    Variant("no-averaging", "no moving average of the weights", {"average_decay": 0.0}),
    Variant("constant-rate", "the learning rate stays constant", {"schedule": CONSTANT}),
    Variant("logit-adjustment", "common labels handicapped, 0.3", {"logit_adjustment": 0.3}),
    Variant("vgg", "the plain VGG in place of the network", {"network": "vgg-half"}),
    Variant("pooled", "global pooling in place of weights by place", {"network": "resvgg-half-pooled"}),
    Variant("no-excitation", "no squeeze-and-excitation", {"network": "resvgg-half-plain"}),
    Variant("no-smoothing", "labels not smoothed", {"label_smoothing": 0.0}),
    Variant("oversampling", "rare labels drawn as often as common ones", {"oversample": True}),
    Variant("taught", "half of the targets are the shipped models' answers", {"teachers": TEACHERS}),
    Variant("sharpness-aware", "sharpness-aware steps of 0.05", {"sharpness": 0.05}),
)
"""All that is tried, the base first."""


def find_variants(names: Collection[str] | None) -> list[Variant]:
    """Return the named variants, or all, always with the base, which the others are compared with.

    Raises:
        InputError: There is no such variant.
    """
    known = [variant.name for variant in VARIANTS]
    if strangers := [name for name in names or () if name not in known]:
        raise InputError(f"expected variants out of {', '.join(known)}; got {', '.join(strangers)}")
    return [variant for variant in VARIANTS if names is None or variant.name in {BASE, *names}]


def recipe_for(variant: Variant, epochs: int) -> Recipe:
    """Return a variant's recipe: the default's for half its network, one cycle of so many epochs, with its change."""
    base = replace(DEFAULT, name=variant.name, network=NETWORK, epochs=epochs, cycles=1)
    return replace(base, **variant.changes)


def ablate(
    data: Path, runs: Path, *, epochs: int = EPOCHS, limit: int | None = None, only: Collection[str] | None = None
) -> list[Row]:
    """Train what is not trained yet, and compare everything that is with the base on the validation split.

    Args:
        data: Folder of the data set.
        runs: Folder with a run per variant; the same call goes on with them.
        epochs: Of each.
        limit: At most so many faces of each split.
        only: Train these alone; what was trained before is listed too.
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
    """Return what the base, which is trained, answered to the validation split; arguments as of :func:`ablate`."""
    run, faces = RunFolder(runs / BASE), read_validation(data).sample(limit, DEFAULT.seed)
    return Base(run, faces, measured_of(answers_of(run, faces.images), faces))


def write(rows: Sequence[Row], runs: Path, table: Path, text: Path) -> None:
    """Write the rows as CSV and as a page."""
    write_table(rows, table)
    write_page(rows, RunFolder(runs / BASE), text)


def answers_of(run: RunFolder, images: Any) -> dict[str, FloatArray]:
    """Return a run's logits after its last epoch, by the name of the head's label set; kept in its folder."""
    epoch = run.state()["epoch"]
    file = run.path / f"validation-{epoch:03d}.npy"
    if not file.is_file():
        recipe = recipe_of(run)
        np.save(file, predict_logits(load_averaged(run, epoch), find_network(recipe.network).form(recipe), images))
    logits, heads = np.load(file), heads_of(run)
    columns = columns_of([len(labels) for labels in heads.values()])
    return {name: logits[:, column] for name, column in zip(heads, columns, strict=True)}


def _finished(runs: Path, epochs: int, limit: int | None) -> Iterator[tuple[Variant, RunFolder]]:
    """Yield the variants that were trained to the end under these settings."""
    for variant in VARIANTS:
        run = RunFolder(runs / variant.name)
        done = run.state()["epoch"] == epochs and run.settings().get("limit") == limit
        if done and recipe_of(run) == recipe_for(variant, epochs):
            yield variant, run
