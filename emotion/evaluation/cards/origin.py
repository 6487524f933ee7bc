"""Sections on a model's training data, on leaked test faces, and on where it was trained and evaluated."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from emotion.evaluation.cards.document import Section, Table, pairs, percent
from emotion.evaluation.cards.sources import FOR_RESEARCH, sources_table, training_sources
from emotion.evaluation.scores import SPLITS
from emotion.models.registry import card_by_digest, member_cards
from emotion.types import ModelCard

_COUNTS = {"leaked": "Pictures left out as copies of test pictures"}

_RECIPE = {"Network": "network", "Targets": "targets", "Batch size": "batch_size"}
_RUN = {"Hours": "hours", "Seed": "seed", "Command": "command"}


def training_section(card: ModelCard, facts: Mapping[str, Mapping[str, Any]]) -> Section:
    """Return the section on training data, with the statistics of data sets that were measured on this machine."""
    training = card.training
    recipe = training.get("recipe") or {}
    counts = training.get("counts") or {}
    rows: dict[str, str] = {}
    if "heads" in training:
        rows["Labels"] = "; ".join(f"{one}: {', '.join(of)}" for one, of in training["heads"].items())
    elif "labels" in training:
        rows["Labels"] = f"{training.get('label_set', '')}: {', '.join(training['labels'])}".lstrip(": ")
    rows |= {_COUNTS.get(what, f"Pictures {what.replace('_', ' ')}"): f"{count:,}" for what, count in counts.items()}
    rows |= {what: str(recipe[key]) for what, key in _RECIPE.items() if key in recipe}
    if "epochs" in training:
        rows["Epochs"] = f"{training['epochs']}; the weights are those of epoch {training.get('epoch', '–')}"
    if training.get("weights"):
        first, *earlier = _rounds(training["weights"])
        rows["Initial weights"] = first
        if earlier:
            rows["Earlier rounds, latest first"] = "; ".join(earlier)
    if training.get("teachers"):
        rows["Distilled from"] = ", ".join(training["teachers"])
    rows |= {what: str(training[key]) for what, key in _RUN.items() if training.get(key) is not None}
    sources = training_sources(training)
    words = [] if rows or sources else ["Training is not documented."]
    words += [FOR_RESEARCH] if sources else []
    tables = [sources_table(sources)] if sources else []
    tables += ([pairs(rows)] if rows else []) + [_faces(name, one) for name, one in facts.items()]
    return Section("Training data", tuple(words), tables=tuple(tables))


def _rounds(weights: Mapping[str, Any] | None) -> Iterator[str]:
    """Yield the trainings behind initial weights, latest first, then the file that the earliest one started from."""
    while weights:
        if (known := card_by_digest(weights["sha256"])) is not None:
            yield _round(known.name, known.training)
            weights = known.training.get("weights")
        elif run := weights.get("run"):
            yield _round(run["name"], run)
            weights = run.get("weights")
        else:
            yield f"{weights['file']}, sha256 {weights['sha256']}"
            return


def _round(name: str, facts: Mapping[str, Any]) -> str:
    hours = facts.get("hours")
    return f"{name}, training time not recorded" if hours is None else f"{name}, trained for {hours} hours"


def _faces(name: str, facts: Mapping[str, Any]) -> Table:
    splits = facts["splits"]
    rows = [(label, *(f"{one['classes'].get(label, 0):,}" for one in splits.values())) for label in facts["labels"]]
    rows.append(("all", *(f"{one['faces']:,}" for one in splits.values())))
    return Table(f"Faces of {name}, as measured on this machine", ("Expression", *splits), tuple(rows))


def copies(card: ModelCard, evaluation: Mapping[str, Any] | None, role: str) -> list[Section]:
    """Return the section on copies of test faces in the training split, which raise published scores.

    Args:
        card: The model's; models trained elsewhere do not state whether copies were removed.
        evaluation: The model's, or None; old ones lack this.
        role: A key of ``emotion.evaluation.scores.SPLITS``.
    """
    found = (evaluation or {}).get("copies", {})
    learners = member_cards(card) or (card,)
    left_out = all("leaked" in (learner.training.get("counts") or {}) for learner in learners)
    shown = (
        "They were removed before training." if left_out else "Whether they were removed before training is unknown."
    )
    words = tuple(_copies(found[split], shown) for split in SPLITS[role] if split in found)
    return [Section("Comparing with published scores", words)] if words else []


def _copies(row: Mapping[str, Any], shown: str) -> str:
    others = "" if row["accuracy_others"] is None else f", and on {percent(row['accuracy_others'])} of the others"
    return (
        f"The published training pictures contain copies of {row['copied']:,} of the {row['faces']:,} test faces, "
        f"{percent(row['same_label'])} of them with the same label. {shown} The model is right on "
        f"{percent(row['accuracy_copied'])} of these faces{others}. A model that memorised the copies would be "
        f"right on {percent(row['accuracy_by_heart'])} of all test faces."
    )


def provenance(card: ModelCard, evaluation: Mapping[str, Any] | None) -> list[Section]:
    """Return the section on commits and machines of training and evaluation; none if nothing is recorded."""
    rows = {"Trained at commit": card.training.get("commit"), "Trained on": _machine(card.training.get("hardware"))}
    if evaluation is not None:
        rows |= {
            "Evaluated with": evaluation.get("command"),
            "Evaluated at commit": evaluation.get("commit"),
            "Evaluated on": _machine(evaluation.get("hardware")),
            "Evaluated file's sha256": evaluation.get("sha256"),
            "Time per face": f"{evaluation['ms_per_face']:g} ms" if "ms_per_face" in evaluation else None,
        }
    other = evaluation is not None and evaluation.get("sha256") not in {None, card.sha256}
    words = ("The evaluation is of another file than the card: evaluate it again.",) if other else ()
    known = {name: str(value) for name, value in rows.items() if value}
    return [Section("Where these figures come from", words, tables=(pairs(known),))] if known else []


def _machine(hardware: Mapping[str, Any] | None) -> str | None:
    return None if hardware is None else f"{hardware.get('cpu')}, cores: {hardware.get('cores')}"
