"""Writes model cards."""

from __future__ import annotations

import json

from emotion.registry import CARD_FILE, models_dir
from emotion.types import ModelCard


def write_card(card: ModelCard) -> None:
    """Write a card into its model's folder."""
    text = json.dumps(card.to_dict(), indent=2, ensure_ascii=False)
    (models_dir() / card.name / CARD_FILE).write_text(text + "\n", encoding="utf-8")
