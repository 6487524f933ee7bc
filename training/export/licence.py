"""The terms of a trained model's weights, for its card."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from emotion.evaluation.cards.sources import SOURCES
from emotion.evaluation.scores import FAMILIES, family_of
from emotion.labels import FER2013, FERPLUS
from emotion.models.registry import card_by_digest
from training.fit.pretrained_faces import ORIGIN, is_face_package

LICENCE = (
    "Weights trained from scratch for this project on FER2013 with FER+ votes, whose owners allow "
    "research use of the pictures; no picture is contained. Check their terms before commercial use."
)
UNKNOWN_LICENCE = "Not stated: the terms of whoever trained the given weights and of their pictures apply."
OTHER_LICENCE = "Weights trained from scratch on {}; no picture is contained. The terms of the pictures' owners apply."


def licence_of(training: Mapping[str, Any]) -> str:
    """Return the terms of a run's weights: its data sets and initial weights, or the shipped model it started from."""
    weights = _weights_before_runs(training.get("weights"))
    if sources := training.get("sources"):
        titles = [SOURCES[name].title.split(", ")[0] if name in SOURCES else name for name in sources]
        *others, last = dict.fromkeys(titles)
        terms = f"For non-commercial research: trained on {', '.join(others)} and {last}; no picture is contained."
        return f"{terms} Began from {ORIGIN}." if _began_from_faces(weights) else terms
    if weights is None:
        # Early runs record no heads: they learned FER+.
        sets = {family_of(name) for name in training.get("heads") or (FERPLUS.name,)} - {FERPLUS.name, FER2013.name}
        return OTHER_LICENCE.format(", ".join(FAMILIES.get(name, name) for name in sorted(sets))) if sets else LICENCE
    card = card_by_digest(weights["sha256"])
    return UNKNOWN_LICENCE if card is None else card.licence


def _weights_before_runs(weights: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """Follow a run's initial weights from run to run, and return those that the first run began from, if any."""
    while weights is not None and "run" in weights:
        weights = weights["run"]["weights"]
    return weights


def _began_from_faces(weights: Mapping[str, Any] | None) -> bool:
    """Return whether weights come from the face-recognition package, perhaps by way of shipped models."""
    while weights is not None and not is_face_package(Path(weights["file"])):
        card = card_by_digest(weights["sha256"])
        weights = None if card is None else _weights_before_runs(card.training.get("weights"))
    return weights is not None
