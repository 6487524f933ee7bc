"""Lists the models, finds their files and checks their digests."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from pathlib import Path

from emotion.errors import ModelError
from emotion.paths import data_dir
from emotion.settings import library_dir, read_settings
from emotion.types import ModelCard

ALIASES: dict[str, str] = {"default": "everyface", "fer2013": "fer2013-resvgg"}
"""Alias → name of a model. This is the only place that sets the default models."""

CARD_FILE = "card.json"
HISTORY_FILE = "history.csv"
EVALUATION_FILE = "evaluation.json"

_IMPORT_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


def models_dir() -> Path:
    """Return the folder of shipped models: ``$EMOTION_MODELS``, or those that come with the program."""
    return read_settings().models or data_dir() / "models"


def imported_models_dir() -> Path:
    """Return the folder of imported models: ``models`` in the library's folder."""
    return library_dir() / "models"


def is_import_name(name: str) -> bool:
    """Return whether an imported model may have this name: at most 40 lower-case letters, digits and dashes."""
    return _IMPORT_NAME.fullmatch(name) is not None and name not in ALIASES


def shipped_models() -> list[str]:
    """Return the names of the shipped models: first the default, then other models with an alias, then the rest."""
    names = sorted(card.parent.name for card in models_dir().glob(f"*/{CARD_FILE}"))
    first = [name for name in dict.fromkeys(ALIASES.values()) if name in names]
    return first + [name for name in names if name not in first]


def imported_models() -> list[str]:
    """Return the names of the imported models. A shipped model of the same name hides an imported one."""
    names = sorted(card.parent.name for card in imported_models_dir().glob(f"*/{CARD_FILE}"))
    return [name for name in names if is_import_name(name) and not (models_dir() / name).exists()]


def list_models() -> list[str]:
    """Return the names of all models with a card: shipped ones, then imported ones."""
    return shipped_models() + imported_models()


def resolve(name: str) -> str:
    """Return the model's name for an alias; any other name unchanged."""
    return ALIASES.get(name, name)


def model_dir(name: str) -> Path:
    """Return the folder of a model.

    Args:
        name: A name from :func:`list_models`, or an alias such as ``"default"``.

    Raises:
        ModelError: There is no such model.
    """
    if resolve(name) not in list_models():
        raise ModelError(f"expected a model from {', '.join(list_models()) or '(none installed)'}; got {name!r}")
    return _folder(resolve(name))


def _folder(name: str) -> Path:
    """Return a model's folder. A model without a card is one that is being exported."""
    return (imported_models_dir() if name in imported_models() else models_dir()) / name


def load_card(name: str) -> ModelCard:
    """Read a model's card.

    Raises:
        ModelError: There is no such model, or its card cannot be read.
    """
    path = model_dir(name) / CARD_FILE
    try:
        card = ModelCard.from_dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ModelError(f"the card of model {name!r} cannot be read: {error}") from error
    # The name leads to the file: a copied folder with an unchanged card would run the original file.
    if card.name != resolve(name):
        raise ModelError(f"expected the card of model {name!r} to have its name; got {card.name!r}")
    return card


def find_card(name: str) -> ModelCard | None:
    """Return the card of a model; None if it is not installed or damaged."""
    try:
        return load_card(name)
    except ModelError:
        return None


def readable_cards() -> list[ModelCard]:
    """Return the cards of all models in the order of :func:`list_models`, without damaged ones."""
    return [card for name in list_models() if (card := find_card(name)) is not None]


def card_by_digest(digest: str) -> ModelCard | None:
    """Return the card of the model whose file has this SHA-256 digest; None if there is none."""
    return next((card for card in readable_cards() if card.sha256 == digest), None)


def save_card(card: ModelCard, folder: Path) -> None:
    """Write a card into its model's folder."""
    text = json.dumps(card.to_dict(), indent=2, ensure_ascii=False)
    (folder / CARD_FILE).write_text(text + "\n", encoding="utf-8")


def sha256_of(path: Path) -> str:
    """Return the SHA-256 digest of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def joint_sha256(members: Sequence[ModelCard]) -> str:
    """Return the digest of an ensemble: the SHA-256 of its members' digests, in order."""
    return hashlib.sha256("".join(member.sha256 for member in members).encode()).hexdigest()


def member_cards(card: ModelCard) -> tuple[ModelCard, ...]:
    """Return the cards of an ensemble's members; empty for a single model.

    Raises:
        ModelError: A member is missing, is itself an ensemble, or has another digest.
    """
    members = tuple(load_card(name) for name in card.members)
    if nested := [member.name for member in members if member.members]:
        raise ModelError(f"expected single models in ensemble {card.name!r}; got the ensembles {', '.join(nested)}")
    if members and (digest := joint_sha256(members)) != card.sha256:
        raise ModelError(
            f"ensemble {card.name!r} expects members with joint sha256 {card.sha256[:12]}…; theirs is {digest[:12]}…"
        )
    return members


def checked_model_files(card: ModelCard) -> list[Path]:
    """Return the paths of a model's .tflite file, or of all members' files, after checking their digests.

    Raises:
        ModelError: A file is missing or has another digest than its card says.
    """
    return [checked_model_file(part) for part in member_cards(card) or (card,)]


def file_bytes(card: ModelCard) -> int:
    """Return the total size of the files of :func:`checked_model_files`, in bytes."""
    return sum(path.stat().st_size for path in checked_model_files(card))


def checked_model_file(card: ModelCard) -> Path:
    """Return the path of a model's .tflite file after checking its digest.

    Raises:
        ModelError: The file is missing or has another digest, or the model is an ensemble.
    """
    if card.members:
        raise ModelError(f"expected a single model; {card.name!r} is an ensemble")
    return checked_file(card.name, _folder(card.name) / card.file, card.sha256)


def checked_file(model: str, path: Path, sha256: str) -> Path:
    """Return the path of a model's file after checking its digest.

    Raises:
        ModelError: The file is missing or has another digest.
    """
    if not path.is_file():
        raise ModelError(f"model {model!r} expects the file {path.name}, which is missing")
    if (digest := sha256_of(path)) != sha256:
        raise ModelError(f"model {model!r} expects {path.name} with sha256 {sha256[:12]}…; the file has {digest[:12]}…")
    return path
