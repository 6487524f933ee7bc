"""An uploaded model file that is not yet added to the models."""

from __future__ import annotations

from typing import BinaryIO

from emotion.imported_models.importer import ModelFacts, inspect_model
from ui.common.background import UploadJob


class PendingModel(UploadJob):
    """A .tflite file and its inspection in a sandbox.

    Attributes:
        facts: The result of the inspection; None before it and for unusable files.
    """

    def __init__(self, name: str, content: BinaryIO) -> None:
        super().__init__(name, content, fallback="model.tflite")
        self.facts: ModelFacts | None = None

    def start(self) -> None:
        """Start the inspection; returns at once."""
        self._start_thread(self._run)

    def _run(self) -> None:
        self.facts = inspect_model(self.path)
