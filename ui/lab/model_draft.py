"""One model file of a visit that may become one of the lab's models."""

from __future__ import annotations

from typing import BinaryIO

from emotion.imported_models.importer import ModelFacts, inspect_model
from ui.common.background import Job


class ModelDraft(Job):
    """A .tflite file that is looked at in a process of its own.

    Attributes:
        facts: What was found; None before that, and for a file that cannot be used.
    """

    def __init__(self, name: str, content: BinaryIO) -> None:
        super().__init__(name, content, fallback="model.tflite")
        self.facts: ModelFacts | None = None

    def start(self) -> None:
        """Begin to look at the file; returns at once."""
        self._begin(self._run)

    def _run(self) -> None:
        self.facts = inspect_model(self.path)
