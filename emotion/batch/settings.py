"""How the videos of a batch are analysed, with an ID that changes whenever results may change."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Any

from emotion.analytics.files import SCHEMA_VERSION
from emotion.errors import BatchError
from emotion.models.registry import load_card, member_cards, resolve
from emotion.types import ModelCard
from emotion.version import program_version
from emotion.vision.decode.sampling import Sampling

_DECIDING = (
    *("labels", "input_size", "colour", "normalisation", "crop", "temperature", "sha256", "outputs"),
    *("second_look_below", "abstain_below", "abstain_slopes"),
)
"""Fields of a model's card that its answers depend on, unlike scores and titles."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How to analyse; :meth:`of` makes one.

    Attributes:
        model: A name from :func:`emotion.list_models`.
        detector: ``"blazeface"`` or ``"haar"``.
        sampling: Which frames.
        eyes: Whether lids and gaze are measured.
        movements: Whether brows, lids, lips and jaw are measured.
        id: Digest of these, of the model's file and card, and of the versions of the program and its tables.
    """

    model: str
    detector: str
    sampling: Sampling
    eyes: bool
    movements: bool
    id: str

    @classmethod
    def of(
        cls,
        model: str = "default",
        detector: str = "blazeface",
        sampling: Sampling | None = None,
        *,
        eyes: bool = True,
        movements: bool = True,
    ) -> Settings:
        """Return the settings with the model installed on this machine.

        Raises:
            ModelError: There is no such model.
        """
        chosen, card = sampling or Sampling(), load_card(model)
        facts = {
            "model": resolve(model),
            "card": _deciding(card),
            "detector": detector,
            "sampling": asdict(chosen),
            "eyes": eyes,
            "movements": movements,
            "program": program_version(),
            "timeline": SCHEMA_VERSION,
        }
        return cls(resolve(model), detector, chosen, eyes, movements, _digest(facts)[:16])

    def check_here(self) -> None:
        """Check that this machine would give the same results as the one that started the batch.

        Raises:
            BatchError: It has another version of the program or of the model.
            ModelError: It has no such model.
        """
        here = Settings.of(self.model, self.detector, self.sampling, eyes=self.eyes, movements=self.movements)
        if here.id != self.id:
            raise BatchError(
                f"expected the same version of the program and of model {self.model!r} on every machine; a worker "
                f"has different ones (program {program_version()})"
            )

    def id_of(self, content_sha256: str) -> str:
        """Return the ID of the timeline of a video with this digest: 32 hexadecimal digits."""
        return _digest({"content": content_sha256, "settings": self.id})[:32]

    def row(self) -> dict[str, Any]:
        """Return the columns of the summary table that record the settings."""
        about = {"settings": self.id, "model": self.model, "detector": self.detector, "program": program_version()}
        return about | asdict(self.sampling)


def _deciding(card: ModelCard) -> dict[str, Any]:
    """Return the fields of a card that answers depend on; of an ensemble, also those of its members."""
    return {name: getattr(card, name) for name in _DECIDING} | {"members": list(map(_deciding, member_cards(card)))}


def _digest(facts: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
