"""Writes model cards."""

from __future__ import annotations

from emotion.registry import models_dir, save_card
from emotion.types import ModelCard


def write_card(card: ModelCard) -> None:
    """Write a card into its model's folder, which ships."""
    save_card(card, models_dir() / card.name)
