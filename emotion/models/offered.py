"""The models that the app offers first, with their plain names; all others are for developers."""

from __future__ import annotations

from dataclasses import dataclass

from emotion.errors import ModelError
from emotion.models.registry import imported_models, load_card, resolve, shipped_models


@dataclass(frozen=True, slots=True)
class Offer:
    """A plain name and the reason to choose it.

    Attributes:
        name: Display name.
        reason: When to choose this model, in one sentence.
    """

    name: str
    reason: str


OFFERS: dict[str, Offer] = {
    "default": Offer("Accurate", "Recommended. Eight expressions, and fast on every computer."),
    "fer2013": Offer("FER2013 labels", "Seven expressions, labelled as in FER2013, to compare with other studies."),
}
"""Alias → how the app offers this model. docs/decisions/0020-offered-models.md has the figures behind the choice."""


def offered_models() -> dict[str, Offer]:
    """Return the installed models that the app offers: name → offer, the recommended one first."""
    installed = set(shipped_models())
    return {name: offer for alias, offer in OFFERS.items() if (name := resolve(alias)) in installed}


def choices() -> list[str]:
    """Return the models to choose from: offered and imported ones; all shipped ones if none is offered."""
    return [*(offered_models() or shipped_models()), *imported_models()]


def plain_name(model: str) -> str:
    """Return the name that pages show: an offered model's plain name, any other model's own.

    Args:
        model: A name or an alias; the model need not be installed.
    """
    name = resolve(model)
    return next((offer.name for alias, offer in OFFERS.items() if resolve(alias) == name), model)


def choice_label(model: str) -> str:
    """Return a model's plain name for a list of choices; the default is marked as recommended."""
    return plain_name(model) + (" (recommended)" if resolve(model) == resolve("default") else "")


def full_name(model: str) -> str:
    """Return a model's plain name or title, with its name in commands: ``"Accurate (everyface)"``."""
    name = resolve(model)
    shown = plain_name(name)
    if shown == name:
        try:
            shown = load_card(name).title
        except ModelError:
            return name
    return shown if shown in {"", name} else f"{shown} ({name})"
