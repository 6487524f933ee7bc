"""Checks that what an installation needs is there and is what it should be."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import metadata

from emotion.errors import EmotionError
from emotion.registry import ALIASES, file_bytes, list_models, load_card
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
    """Return the findings about packages, face models, the cascade and every installed classifier."""
    files = [_weights(name) for name in SHA256]
    models = [_model(name) for name in list_models()]
    if ALIASES["default"] not in list_models():
        models.append(Finding("default model", False, f"expected {ALIASES['default']}; it is not installed"))
    return [*map(_package, PACKAGES), *files, _cascade(), *models]


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
