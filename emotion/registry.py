"""Which models there are, where their files lie, and which one is the default."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

from emotion.errors import ModelError
from emotion.types import ModelCard

ALIASES: dict[str, str] = {"default": "ferplus-vgg"}
"""Names that stand for another. The default model changes here and nowhere else."""

CARD_FILE = "card.json"
HISTORY_FILE = "history.csv"
EVALUATION_FILE = "evaluation.json"


def models_dir() -> Path:
    """Return the folder of shipped models: ``$EMOTION_MODELS`` or ``data/models`` beside the package."""
    return Path(os.environ.get("EMOTION_MODELS") or Path(__file__).resolve().parents[1] / "data" / "models")


def list_models() -> list[str]:
    """Return the names of all models that have a card, the default first."""
    names = sorted(card.parent.name for card in models_dir().glob(f"*/{CARD_FILE}"))
    return sorted(names, key=lambda name: name != ALIASES["default"])


def resolve(name: str) -> str:
    """Return the name that an alias stands for; any other name as it is."""
    return ALIASES.get(name, name)


def model_dir(name: str) -> Path:
    """Return the folder of a model.

    Args:
        name: A name from :func:`list_models`, or an alias such as ``"default"``.

    Raises:
        ModelError: There is no such model.
    """
    if resolve(name) not in list_models():
        raise ModelError(f"expected a model out of {', '.join(list_models()) or '(none installed)'}; got {name!r}")
    return models_dir() / resolve(name)


def load_card(name: str) -> ModelCard:
    """Read a model's card.

    Raises:
        ModelError: There is no such model, or its card is damaged.
    """
    path = model_dir(name) / CARD_FILE
    try:
        return ModelCard.from_dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ModelError(f"the card of model {name!r} cannot be read: {error}") from error


def sha256_of(path: Path) -> str:
    """Return the SHA-256 digest of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def checked_model_file(card: ModelCard) -> Path:
    """Return the path of a card's .tflite file after comparing its digest.

    Raises:
        ModelError: The file is missing or is not the one that the card describes.
    """
    path = models_dir() / card.name / card.file
    if not path.is_file():
        raise ModelError(f"model {card.name!r} expects the file {card.file}, which is missing")
    if (digest := sha256_of(path)) != card.sha256:
        raise ModelError(
            f"model {card.name!r} expects {card.file} with sha256 {card.sha256[:12]}…; the file has {digest[:12]}…"
        )
    return path
