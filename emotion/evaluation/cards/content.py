"""Builds the sections of a model's card from its files."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from emotion.evaluation.cards.document import Document, Section, Table, interval, listed, pairs, percent
from emotion.evaluation.cards.origin import copies, provenance, training_section
from emotion.evaluation.cards.overview import overview
from emotion.evaluation.cards.weaknesses import weak_conditions, weak_labels, weaknesses
from emotion.evaluation.metrics import wilson_interval
from emotion.evaluation.scores import (
    FAMILIES,
    SPLITS,
    Record,
    families_of,
    family_of,
    find_record,
    find_robustness,
    load_evaluation,
)
from emotion.labels import display_order
from emotion.models.offered import full_name
from emotion.models.registry import load_card
from emotion.types import ModelCard

TEST = next(iter(SPLITS))
_MEGA = 1e6
_ANGLE_SETS = {"rafdb-test": "RAF-DB", "genki4k-smiles": "GENKI-4K"}

NEVER = (
    "To say what somebody feels, thinks or intends: an expression is only what a face shows.",
    "To decide about a person: in hiring, grading, credit, insurance, policing or care.",
    "On people at work or in education in the European Union: inferring emotions there is prohibited, except for "
    "medical or safety reasons (AI Act, Article 5(1)(f)). Anywhere: on people who were not informed (Article 50(3)).",
    "To diagnose, or to detect lies.",
)
"""Uses that no model of expressions supports."""

UNMEASURED = (
    "Accuracy by age, skin tone, sex, culture or disability: the test pictures do not state them. Measure it on "
    "labelled pictures of your own with python -m emotion fairness.",
    "Differences between posed and spontaneous expressions; faces in profile; summaries of whole videos.",
)


def model_document(name: str, facts: Mapping[str, Mapping[str, Any]] | None = None) -> Document:
    """Return the card of a model.

    Args:
        name: A name from :func:`emotion.list_models`, or an alias.
        facts: Name of a data set → its facts, as ``python -m training facts`` writes them.

    Raises:
        ModelError: There is no such model, or one of its files is damaged.
    """
    card = load_card(name)
    return build_document(card, load_evaluation(name), facts or {})


def build_document(
    card: ModelCard, evaluation: Mapping[str, Any] | None, facts: Mapping[str, Mapping[str, Any]]
) -> Document:
    """Return the card of a model from its card file, its evaluation and facts of data sets."""
    found = {} if evaluation is None else {card.name: evaluation}
    judged: dict[str, Record] = {}
    robustness: dict[str, Mapping[str, Any]] = {}
    for family in families_of(found):
        if (record := find_record(evaluation, family, TEST)) is not None:
            judged[family] = record
        if (conditions := find_robustness(evaluation, family, TEST)) is not None:
            robustness[family] = conditions
    sections = [overview(card, evaluation), _limits_section(judged, robustness), _weak(card, judged, robustness)]
    sections += [
        training_section(card, facts),
        _model_section(card),
        *_scores(judged),
        *_angles(evaluation),
        *_conditions(robustness),
    ]
    sections += [*copies(card, evaluation, TEST), *provenance(card, evaluation)]
    return Document(full_name(card.name), _lead(card, judged), tuple(sections))


def _lead(card: ModelCard, judged: Mapping[str, Record]) -> str:
    scores = [
        f"{percent(record['accuracy'])} of {record['n']:,} test faces by {FAMILIES.get(family, family)}"
        for family, record in judged.items()
    ]
    start = f"{card.title}." if card.title else f"{len(card.labels)} expressions."
    return f"{start} Right on {listed(scores)}." if scores else f"{start} Not evaluated."


def _model_section(card: ModelCard) -> Section:
    cost = "unknown" if card.multiply_adds is None else f"{card.multiply_adds / _MEGA:,.1f} million"
    facts = {
        "Expressions": ", ".join(card.labels),
        "Input": f"{card.input_size} × {card.input_size} px, {card.colour}, {card.crop}, {card.normalisation}",
        "Parameters": f"{card.parameters / _MEGA:,.2f} million",
        "Multiply–adds per face": cost,
        "Temperature": f"{card.temperature:g}",
        "Unclear below": _limit(card),
        "Higher threshold for turned or small heads": _slopes(card),
        "Test-time augmentation (mirrored face)": _tta(card),
        "File": f"{card.file}, sha256 {card.sha256}" if card.file else f"sha256 of its members {card.sha256}",
        "Licence": card.licence or "not stated",
    }
    if card.members:
        facts["Averages the answers of"] = ", ".join(card.members)
    return Section("Technical details", tables=(pairs(facts),))


def _limit(card: ModelCard) -> str:
    if not card.abstain_below:
        return "never"
    chosen = card.training.get("calibrated_on")
    if not chosen:
        return percent(card.abstain_below)
    names = listed([FAMILIES.get(family_of(name), name) for name in chosen["sets"]])
    share = percent(chosen["right_answers"], 0)
    return f"{percent(card.abstain_below)}, chosen for at least {share} right answers on each of {names}"


def _slopes(card: ModelCard) -> str:
    if not card.abstain_slopes:
        return "no"
    shown = {"yaw": (30.0, 0.0, 96.0), "pitch": (0.0, 30.0, 96.0), "size": (0.0, 0.0, 24.0)}
    words = ("30° to a side", "30° up or down", "24 px of face")
    needed = [
        card.abstention_limit.required(*(np.array([v], np.float32) for v in (*face, 1.0)))[0] for face in shown.values()
    ]
    return "; ".join(f"{word}: {percent(float(value))}" for word, value in zip(words, needed, strict=True))


def _tta(card: ModelCard) -> str:
    if not card.second_look_below:
        return "as in its members" if card.members else "never"
    ratio = math.exp(card.second_look_below / card.temperature)
    return f"if the first answer is less than {ratio:.1f} times as likely as the second"


def _scores(judged: Mapping[str, Record]) -> list[Section]:
    return [
        Section(
            f"In detail: {FAMILIES.get(family, family)}",
            (_summary(record),),
            tables=(_classes(record), _confusion(record), _reliability(record)),
        )
        for family, record in judged.items()
    ]


def _summary(record: Record) -> str:
    words = (
        f"On {record['n']:,} test faces that it was not trained on: accuracy {percent(record['accuracy'])} "
        f"(95% interval {interval(*record['accuracy_interval'])}), mean recall of all expressions "
        f"{percent(record['balanced_accuracy'])}, macro-F1 {percent(record['macro_f1'])}, calibration error "
        f"{percent(record['ece']['after'])} ({percent(record['ece']['before'])} without temperature scaling)."
    )
    kept = record.get("abstention")
    if kept and kept["abstain_below"] and kept["accuracy"] is not None:
        words += (
            f" If answers below {percent(kept['abstain_below'])} count as unclear, it answers "
            f"{percent(kept['coverage'])} of faces and is right on {percent(kept['accuracy'])} of these."
        )
    return words


def _classes(record: Record) -> Table:
    labels, matrix = _ordered_confusion(record)
    rows = []
    for place, label in enumerate(labels):
        hits, answered = matrix[place][place], sum(row[place] for row in matrix)
        support = sum(matrix[place])
        rows.append(
            (label, f"{support:,}", *_share(hits, support), *_share(hits, answered),
             percent(record["per_class"][label]["f1"]))
        )  # fmt: skip
    columns = "Expression", "Faces", "Recall", "95% interval", "Precision", "95% interval (precision)", "F1"
    return Table("By expression (Wilson intervals)", columns, tuple(rows))


def _ordered_confusion(record: Record) -> tuple[tuple[str, ...], list[list[int]]]:
    """Return the labels in the order of charts, and the counts in that order: rows true, columns answered."""
    own = list(record["per_class"])
    labels = display_order(own)
    places = [own.index(label) for label in labels]
    return labels, [[record["confusion_matrix"][row][column] for column in places] for row in places]


def _share(count: int, of: int) -> tuple[str, str]:
    return (percent(count / of), interval(*wilson_interval(count, of))) if of else ("–", "–")


def _confusion(record: Record) -> Table:
    labels, matrix = _ordered_confusion(record)
    rows = tuple((label, *(f"{count:,}" for count in counts)) for label, counts in zip(labels, matrix, strict=True))
    return Table("Confusion matrix: true labels in rows, answers in columns", ("True", *labels), rows)


def _reliability(record: Record) -> Table:
    rows = tuple(
        (f"{percent(row['low'], 0)} – {percent(row['high'], 0)}", f"{row['count']:,}", percent(row["confidence"]),
         percent(row["accuracy"]))
        for row in record["reliability"]["after"] if row["count"]
    )  # fmt: skip
    return Table("Calibration", ("Probability", "Answers", "Mean probability", "Right"), rows)


def _angles(evaluation: Mapping[str, Any] | None) -> list[Section]:
    measured = (evaluation or {}).get("angles", ())
    if not measured:
        return []
    words = (
        "Yaw: to either side. Negative pitch: down. Right: share of all faces. Answered: share of faces with an answer "
        "other than “unclear”. GENKI-4K only tells smiles from other faces."
    )
    sets = dict.fromkeys(row["set"] for row in measured)
    tables = tuple(_angle_table(name, [row for row in measured if row["set"] == name]) for name in sets)
    return [Section("By head angle", (words,), tables=tables)]


def _angle_table(name: str, measured: Sequence[Mapping[str, Any]]) -> Table:
    rows = tuple(
        (f"{row['angle']}, {row['from']}° to {row['to']}°".replace("-", "−"), f"{row['faces']:,}",
         percent(row["accuracy"]), percent(row["answered"]))
        for row in measured
    )  # fmt: skip
    return Table(_ANGLE_SETS.get(name, name), ("Angle", "Faces", "Right", "Answered"), rows)


def _conditions(robustness: Mapping[str, Mapping[str, Any]]) -> list[Section]:
    tables = tuple(_condition_table(family, conditions) for family, conditions in robustness.items())
    words = "The same test faces, degraded before classification."
    return [Section("Robustness", (words,), tables=tables)] if tables else []


def _condition_table(family: str, conditions: Mapping[str, Any]) -> Table:
    clean = conditions["clean"]["accuracy"]
    rows = tuple(
        (row["title"], percent(row["accuracy"]), interval(*row["accuracy_interval"]),
         percent(clean - row["accuracy"]), percent(row.get("balanced_accuracy")), percent(row.get("ece")))
        for row in conditions.values()
    )  # fmt: skip
    columns = "Faces", "Accuracy", "95% interval", "Lost", "Mean recall", "Calibration error"
    return Table(f"By {FAMILIES.get(family, family)}", columns, rows)


def _weak(card: ModelCard, judged: Mapping[str, Record], robustness: Mapping[str, Mapping[str, Any]]) -> Section:
    found = weaknesses(card.labels, judged, robustness)
    none = "None found in its figures." if judged else "Not evaluated, so none are known."
    return Section("Known weaknesses", () if found else (none,), found)


def _limits_section(judged: Mapping[str, Record], robustness: Mapping[str, Mapping[str, Any]]) -> Section:
    points = [*NEVER]
    weak = sorted({label for record in judged.values() for label in weak_labels(record)})
    if weak:
        points.append(
            f"To count or find {listed(weak, 'or')}: it misses more than half of these faces on at least one test set."
        )
    titles = dict.fromkeys(title for one in robustness.values() for title in weak_conditions(one))
    poor = [_lower(title) for title in titles]
    if poor:
        points.append(f"On faces in these conditions, where it makes many more mistakes: {', '.join(poor)}.")
    return Section("When not to use it", points=(*points, *(f"Not measured: {_lower(words)}" for words in UNMEASURED)))


def _lower(words: str) -> str:
    return words[:1].lower() + words[1:]
