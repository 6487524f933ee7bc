"""Where a model comes from: what it learned from and what was kept from it, and where its figures were measured."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from emotion.evaluation.cards.document import Section, Table, pairs, percent
from emotion.evaluation.cards.sources import FOR_RESEARCH, learned_sources, sources_table
from emotion.evaluation.scores import SPLITS
from emotion.models.registry import card_by_digest, member_cards
from emotion.types import ModelCard

_COUNTS = {"leaked": "Pictures left out, as copies of them are among the test pictures"}


def learned(card: ModelCard, facts: Mapping[str, Mapping[str, Any]]) -> Section:
    """Return the section of what a model learned from, and of the data sets that were looked at here."""
    training = card.training
    recipe = training.get("recipe") or {}
    counts = training.get("counts") or {}
    told: dict[str, str] = {}
    if "heads" in training:
        told["Labels learned"] = "; ".join(f"{one}: {', '.join(of)}" for one, of in training["heads"].items())
    elif "labels" in training:
        told["Labels learned"] = f"{training.get('label_set', '')}: {', '.join(training['labels'])}".lstrip(": ")
    told |= {_COUNTS.get(what, f"Pictures {what.replace('_', ' ')}"): f"{count:,}" for what, count in counts.items()}
    for what, key in (("Network", "network"), ("Targets", "targets"), ("Batch size", "batch_size")):
        if key in recipe:
            told[what] = str(recipe[key])
    if "epochs" in training:
        told["Epochs"] = f"{training['epochs']}, of which number {training.get('epoch', '–')} is kept"
    if training.get("weights"):
        told["Began from"] = _began_from(training["weights"])
    if training.get("teachers"):
        told["Taught by"] = ", ".join(training["teachers"])
    for what, key in (("Hours", "hours"), ("Seed", "seed"), ("Command", "command")):
        if training.get(key) is not None:
            told[what] = str(training[key])
    sources = learned_sources(training)
    words = [] if told or sources else ["How it was trained is not stated."]
    words += [FOR_RESEARCH] if sources else []
    tables = [sources_table(sources)] if sources else []
    tables += ([pairs(told)] if told else []) + [_faces(name, one) for name, one in facts.items()]
    return Section("What it learned from", tuple(words), tables=tuple(tables))


def _began_from(weights: Mapping[str, str]) -> str:
    """Return whose weights a training went on from: a model of this machine's by its name, other files by theirs."""
    known = card_by_digest(weights["sha256"])
    if known is None:
        return f"{weights['file']}, sha256 {weights['sha256']}"
    hours = known.training.get("hours")
    return known.name if hours is None else f"{known.name}, which had taken {hours} hours"


def _faces(name: str, facts: Mapping[str, Any]) -> Table:
    splits = facts["splits"]
    rows = [(label, *(f"{one['classes'].get(label, 0):,}" for one in splits.values())) for label in facts["labels"]]
    rows.append(("all", *(f"{one['faces']:,}" for one in splits.values())))
    return Table(f"Faces of {name}, as measured on this machine", ("Expression", *splits), tuple(rows))


def copies(card: ModelCard, evaluation: Mapping[str, Any] | None, role: str) -> list[Section]:
    """Return the section of what published scores may owe to copies of test faces in the training split.

    Args:
        card: Of the model; one that was trained elsewhere does not say that it was not shown them.
        evaluation: Of the model, or None; earlier ones do not tell.
        role: A key of ``emotion.evaluation.scores.SPLITS``.
    """
    found = (evaluation or {}).get("copies", {})
    learners = member_cards(card) or (card,)
    left_out = all("leaked" in (learner.training.get("counts") or {}) for learner in learners)
    shown = "This model was not shown them." if left_out else "Whether this model was shown them is not stated."
    words = tuple(_copies(found[split], shown) for split in SPLITS[role] if split in found)
    return [Section("Before comparing with published scores", words)] if words else []


def _copies(row: Mapping[str, Any], shown: str) -> str:
    others = "" if row["accuracy_others"] is None else f", and on {percent(row['accuracy_others'])} of the others"
    return (
        f"The training pictures, as published, hold copies of {row['copied']:,} of the {row['faces']:,} test faces, "
        f"{percent(row['same_label'])} of them under the same label. {shown} It is right on "
        f"{percent(row['accuracy_copied'])} of these faces{others}. One that knows the copies by heart and answers the "
        f"others as well would be right on {percent(row['accuracy_by_heart'])} of all."
    )


def provenance(card: ModelCard, evaluation: Mapping[str, Any] | None) -> Section:
    """Return the section of where training and evaluation took place, and on what."""
    told = {"Trained at commit": card.training.get("commit"), "Trained on": _machine(card.training.get("hardware"))}
    if evaluation is not None:
        told |= {
            "Evaluated with": evaluation.get("command"),
            "Evaluated at commit": evaluation.get("commit"),
            "Evaluated on": _machine(evaluation.get("hardware")),
            "Evaluated file's sha256": evaluation.get("sha256"),
            "Time for a face there": f"{evaluation['ms_per_face']:g} ms" if "ms_per_face" in evaluation else None,
        }
    other = evaluation is not None and evaluation.get("sha256") not in {None, card.sha256}
    words = ("What was evaluated is another file than the card's: evaluate it anew.",) if other else ()
    return Section("Where these figures come from", words, tables=(pairs({k: str(v) for k, v in told.items() if v}),))


def _machine(hardware: Mapping[str, Any] | None) -> str | None:
    return None if hardware is None else f"{hardware.get('cpu')}, cores: {hardware.get('cores')}"
