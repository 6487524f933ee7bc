"""The commands ``train``, ``export`` and ``evaluate`` for networks of face parts."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from emotion.errors import InputError
from emotion.models.face_parts import checked_part_file, list_part_models, load_part_card
from training.datasets.readers.parquet import data_option, default_data_dir
from training.face_parts.evaluate import evaluate_parts, print_parts
from training.face_parts.export import export_parts
from training.face_parts.tasks import PART_NETWORKS
from training.face_parts.train import train_parts
from training.fit.checkpoints import RunFolder
from training.recipes import Recipe

_CHANGES = ("epochs", "batch_size", "learning_rate", "seed")
"""Options of ``train`` that replace the recipe's field of the same name."""
_UNSUPPORTED = ("recipe", "classes", "targets", "teacher", "class_weights", "oversample", "cycles", "patience")
"""Options of ``train`` that these networks do not support."""


def is_part_network(name: str | None) -> bool:
    """Return whether a network finds face parts."""
    return name in PART_NETWORKS


def is_part_run(folder: Path) -> bool:
    """Return whether a run trained a network of face parts."""
    return is_part_network(RunFolder(folder).settings()["recipe"]["network"])


def is_part_model(name: str) -> bool:
    """Return whether an installed model finds face parts."""
    return name in list_part_models()


def train_command(options: argparse.Namespace) -> None:
    """Train; the same command resumes."""
    recipe = _recipe(options)
    folder = train_parts(recipe, _data(options), options.runs, name=options.name, limit=options.limit)
    print(f"done; next: python -m training export --run {folder}{data_option(options.data)}")


def export_command(options: argparse.Namespace) -> None:
    """Export a run as a model."""
    card = export_parts(RunFolder(options.folder), _data(options), options.name, options.title)
    size_mb = checked_part_file(card).stat().st_size / 1e6
    print(f"wrote {card.name}: {card.parameters:,} parameters, {size_mb:.1f} MB")
    print(f"next: python -m training evaluate --model {card.name}{data_option(options.data)}")


def evaluate_command(options: argparse.Namespace) -> None:
    """Score a model's file and print the figures."""
    record = evaluate_parts(options.model, _data(options))
    print_parts(load_part_card(options.model), record)


def _recipe(options: argparse.Namespace) -> Recipe:
    unsupported = [name for name in _UNSUPPORTED if getattr(options, name) is not None]
    if unsupported or options.weights or options.tensorboard or options.input_size:
        named = (
            ", ".join(f"--{name.replace('_', '-')}" for name in unsupported) or "--weights, --tensorboard, --input-size"
        )
        raise InputError(f"expected options of a network of face parts; {options.model} does not support {named}")
    changes = {name: getattr(options, name) for name in _CHANGES if getattr(options, name) is not None}
    return replace(PART_NETWORKS[options.model].recipe, **changes)


def _data(options: argparse.Namespace) -> Path:
    """Return the folder of the options, or the default keypoints folder."""
    default = default_data_dir()
    return default.parent / "keypoints" if options.data == default else Path(options.data)
