"""Makes a shipped model out of a run: the int8 file, its card and its history."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from emotion.errors import InputError, ModelError
from emotion.labels import FERPLUS
from emotion.metrics import fit_temperature
from emotion.registry import HISTORY_FILE, models_dir, sha256_of
from emotion.types import FloatArray, ModelCard
from emotion.vision.classify import LiteRTClassifier
from emotion.vision.normalise import normalise
from training.cards import write_card
from training.cost import multiply_adds
from training.datasets.face_set import FACE_SIZE
from training.datasets.parquet import read_split
from training.material import Examples, usable_examples
from training.quantise import to_int8
from training.run_folder import RunFolder
from training.train import load_averaged

MODEL_FILE = "model.tflite"
REPRESENTATIVE_FACES = 600
LEAST_AGREEMENT = 0.9
"""Share of PublicTest faces on which int8 and float must answer alike; well-behaved networks reach 0.97."""

LICENCE = (
    "Weights trained from scratch for this project on FER2013 with FER+ votes, whose owners allow "
    "research use of the pictures; no picture is contained. Check their terms before commercial use."
)


def export(run: RunFolder, name: str, data: Path, title: str) -> ModelCard:
    """Quantise a run's best averaged weights and write ``data/models/<name>``.

    An interrupted run can be exported too: its best epoch so far is taken.

    Args:
        run: The run.
        name: Folder name of the model.
        data: Folder of the Parquet splits: the training split shows the converter typical
            faces, PublicTest fixes the temperature.
        title: Name for people.

    Raises:
        InputError: The run has not finished an epoch.
        ModelError: The int8 file answers differently from its float parent.
    """
    if not run.state()["best_epoch"]:
        raise InputError(f"expected a run with at least one finished epoch; {run.path.name} has none")
    recipe = run.settings()["recipe"]
    model = load_averaged(run)
    faces = read_split(data, "train").sample(REPRESENTATIVE_FACES, recipe["seed"])
    file = models_dir() / name / MODEL_FILE
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(to_int8(model, normalise(faces.images, recipe["normalisation"])))
    card = replace(_card(run, name, title, file), parameters=model.count_params(), multiply_adds=multiply_adds(model))
    public = usable_examples(read_split(data, "public-test"))
    logits = LiteRTClassifier(card).logits(list(public.images))
    _expect_agreement(logits, model.predict(normalise(public.images, card.normalisation), verbose=0))
    card = replace(card, temperature=_temperature(logits, public))
    write_card(card)
    shutil.copyfile(run.path / HISTORY_FILE, file.parent / HISTORY_FILE)
    return card


def _card(run: RunFolder, name: str, title: str, file: Path) -> ModelCard:
    """Return the card as far as the run's record tells it."""
    return ModelCard(
        name=name,
        title=title,
        labels=FERPLUS.labels,
        input_size=FACE_SIZE,
        colour="grey",
        normalisation=run.settings()["recipe"]["normalisation"],
        crop="aligned",
        temperature=1.0,
        file=file.name,
        sha256=sha256_of(file),
        parameters=0,
        multiply_adds=0,
        licence=LICENCE,
        training=_training_record(run),
    )


def _training_record(run: RunFolder) -> dict[str, Any]:
    settings, state = run.settings(), run.state()
    seconds = sum(row["seconds"] for row in state["history"])
    return {
        "run": run.path.name,
        "epoch": state["best_epoch"],
        "epochs": state["epoch"],
        "hours": round(seconds / 3600, 2),
        "seed": settings["recipe"]["seed"],
        **settings,
    }


def _temperature(logits: FloatArray, public: Examples) -> float:
    decided = public.majority >= 0
    return round(fit_temperature(logits[decided], public.majority[decided]), 4)


def _expect_agreement(int8: FloatArray, parent: FloatArray) -> None:
    agreement = float(np.mean(int8.argmax(axis=1) == parent.argmax(axis=1)))
    if agreement < LEAST_AGREEMENT:
        raise ModelError(
            f"expected int8 and float to answer alike on {LEAST_AGREEMENT:.0%} of PublicTest; got {agreement:.1%}"
        )
