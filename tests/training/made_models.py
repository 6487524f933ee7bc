"""Makes models of one dense layer with random weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from emotion.labels import FERPLUS_LABELS
from emotion.models.registry import save_card, sha256_of
from emotion.types import ModelCard
from tests import tflite_files as files


def install(folder: Path, name: str, seed: int, labels=FERPLUS_LABELS, size: int = 48, channels: int = 1) -> ModelCard:
    """Write a model of one dense layer with random weights, and return its card."""
    inputs, home = size * size * channels, folder / name
    home.mkdir(parents=True)
    weights = np.random.default_rng(seed).normal(0, 0.05, (len(labels), inputs)).astype(np.float32)
    file = home / "model.tflite"
    file.write_bytes(files.classifier(len(labels), (1, size, size, channels), weights=weights))
    card = ModelCard(
        name, name, labels, size, "grey" if channels == 1 else "rgb", "standardise", "aligned", 1.0 + seed / 2,
        file.name, sha256_of(file), inputs * len(labels), 1000 + seed, "MIT", {"run": name, "hours": 1.5},
    )  # fmt: skip
    save_card(card, home)
    return card
