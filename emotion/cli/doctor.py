"""Checks that what an installation needs is there and is what it should be."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import metadata

import numpy as np

from emotion.errors import EmotionError
from emotion.models.face_parts import checked_part_file, list_part_models, load_part_card
from emotion.models.registry import ALIASES, file_bytes, list_models, load_card
from emotion.serving import open_classifier
from emotion.serving.settings import serving_url
from emotion.vision.detect import HaarCascade
from emotion.vision.mediapipe_files import SHA256, mediapipe_file

PACKAGES = (
    "streamlit",
    "streamlit-webrtc",
    "ai-edge-litert",
    "opencv-python-headless",
    "av",
    "pandas",
    "altair",
    "scikit-learn",
    "tensorflow",
)


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found of one subject."""

    subject: str
    good: bool
    detail: str


def examine() -> list[Finding]:
    """Return the findings about packages, face models, the cascade, every installed model, and a model server."""
    files = [_weights(name) for name in SHA256]
    models = [_model(name) for name in list_models()]
    if ALIASES["default"] not in list_models():
        models.append(Finding("default model", False, f"expected {ALIASES['default']}; it is not installed"))
    parts = [_part_model(name) for name in list_part_models()]
    server = [_server(url)] if (url := serving_url()) else []
    return [*map(_package, PACKAGES), *files, _cascade(), *models, *parts, *server]


def _package(name: str) -> Finding:
    try:
        return Finding(name, True, metadata.version(name))
    except metadata.PackageNotFoundError:
        return Finding(name, False, "not installed: pip install -r requirements.txt")


def _weights(name: str) -> Finding:
    try:
        return Finding(name, True, f"{mediapipe_file(name).stat().st_size / 1e6:.1f} MB, digest as expected")
    except EmotionError as error:
        return Finding(name, False, str(error))


def _cascade() -> Finding:
    try:
        HaarCascade()
    except EmotionError as error:
        return Finding("Haar cascade", False, str(error))
    return Finding("Haar cascade", True, "carried by OpenCV")


def _model(name: str) -> Finding:
    try:
        card = load_card(name)
        size = file_bytes(card)
    except EmotionError as error:
        return Finding(f"model {name}", False, str(error))
    parts = f"an ensemble of {len(card.members)}, " if card.members else ""
    return Finding(
        f"model {name}", True, f"{parts}{size / 1e6:.1f} MB, {len(card.labels)} expressions, digest as expected"
    )


def _part_model(name: str) -> Finding:
    try:
        size = checked_part_file(load_part_card(name)).stat().st_size
    except EmotionError as error:
        return Finding(f"face parts {name}", False, str(error))
    return Finding(f"face parts {name}", True, f"{size / 1e6:.1f} MB, digest as expected")


def _server(url: str) -> Finding:
    """Ask the server about an even grey face."""
    try:
        open_classifier("default").predict([np.full((48, 48), 128, np.uint8)])
    except EmotionError as error:
        return Finding("model server", False, str(error))
    return Finding("model server", True, f"answers at {url}")
