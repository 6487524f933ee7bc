"""Makes an ensemble: a calibrated card that names its members, for comparison and distillation."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from emotion.errors import ModelError
from emotion.models.registry import ALIASES, CARD_FILE, joint_sha256, load_card, models_dir, save_card
from emotion.types import ModelCard
from emotion.vision.classify import LiteRTClassifier
from emotion.vision.normalise import GREY, RGB
from training import provenance
from training.data.pipeline import read_role
from training.evaluation.calibrate import fit_on_set, truth_for


def make_ensemble(members: Sequence[str], name: str, data: Path, title: str | None = None) -> ModelCard:
    """Write the card of an ensemble into ``data/models/<name>``.

    Its answer is the mean of its members' probabilities, each after its own temperature. The ensemble is calibrated on
    the validation split.

    Args:
        members: Names of models with the same labels.
        name: Folder name of the ensemble.
        data: Folder of the data set.
        title: Name for people.

    Raises:
        ModelError: There are fewer than two members, their labels differ, one of them is an ensemble, or the name is
            taken.
    """
    cards = _agreeing([load_card(member) for member in members])
    _expect_free(name)
    card = _card(cards, name, title or f"Ensemble of {len(cards)}")
    validation = read_role(data, "validation")
    logits = LiteRTClassifier(card).logits(list(validation.images))
    card = fit_on_set(card, logits, truth_for(card.labels, validation))
    folder = models_dir() / name
    folder.mkdir(parents=True, exist_ok=True)
    save_card(card, folder)
    return card


def _agreeing(cards: list[ModelCard]) -> list[ModelCard]:
    names = [card.name for card in cards]
    if len(set(names)) < 2 or len(set(names)) < len(names):
        raise ModelError(f"expected at least two different members; got {', '.join(names)}")
    if nested := [card.name for card in cards if card.members]:
        raise ModelError(f"expected members with a model file; got {', '.join(nested)}")
    if others := [card.name for card in cards if card.labels != cards[0].labels]:
        raise ModelError(
            f"expected members with the labels of {names[0]} ({', '.join(cards[0].labels)}); got {', '.join(others)}"
        )
    return cards


def _expect_free(name: str) -> None:
    """Refuse aliases and names of models that are not ensembles."""
    taken = (models_dir() / name / CARD_FILE).is_file() and not load_card(name).members
    if taken or name in ALIASES or Path(name).name != name:
        raise ModelError(f"expected a name that is not taken; got {name!r}")


def _card(cards: Sequence[ModelCard], name: str, title: str) -> ModelCard:
    costs = [card.multiply_adds for card in cards if card.multiply_adds is not None]
    return ModelCard(
        name=name,
        title=title,
        labels=cards[0].labels,
        input_size=max(card.input_size for card in cards),
        colour=GREY if all(card.colour == GREY for card in cards) else RGB,
        normalisation=cards[0].normalisation,
        crop=cards[0].crop,
        temperature=1.0,
        file="",
        sha256=joint_sha256(cards),
        parameters=sum(card.parameters for card in cards),
        multiply_adds=sum(costs) if len(costs) == len(cards) else None,
        licence=" ".join(dict.fromkeys(card.licence for card in cards)),
        training={
            "members": {card.name: card.sha256 for card in cards},
            "hours": _hours(cards),
            **provenance.record(),
        },
        members=tuple(card.name for card in cards),
    )


def _hours(cards: Sequence[ModelCard]) -> float | None:
    """Return the members' training hours, counting each run once."""
    runs: dict[tuple[Any, ...], float] = {}
    for record in (card.training for card in cards):
        if record.get("hours") is None:
            return None
        run = tuple(record.get(key) for key in ("run", "seed", "commit"))
        runs[run] = max(runs.get(run, 0.0), record["hours"])
    return round(sum(runs.values()), 2)
