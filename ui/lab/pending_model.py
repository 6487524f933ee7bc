"""An uploaded model file that is not yet added to the models."""

from __future__ import annotations

import threading
from typing import BinaryIO

from emotion.imported_models.importer import CardDetails, ModelFacts, import_model, inspect_model
from emotion.model_card import ModelCard
from ui.common.background import UploadJob


class PendingModel(UploadJob):
    """A .tflite file and its inspection in a sandbox.

    Attributes:
        facts: The result of the inspection; None before it and for unusable files.
    """

    def __init__(self, name: str, content: BinaryIO) -> None:
        super().__init__(name, content, fallback="model.tflite")
        self.facts: ModelFacts | None = None
        self._adding = threading.Lock()
        self._card: ModelCard | None = None

    def start(self) -> None:
        """Start the inspection; returns at once."""
        self._start_thread(self._run)

    def add(self, details: CardDetails) -> ModelCard:
        """Add the model once, however often this is called, and return its card.

        Raises:
            EmotionError: It cannot be added.
        """
        with self._adding:
            if self._card is None:
                self._card = import_model(self.path, details, self.facts)
            return self._card

    def _run(self) -> None:
        self.facts = inspect_model(self.path)
