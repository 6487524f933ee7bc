"""Facts in a report: figures, settings, the model with its scores, and limits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from emotion.errors import ModelError
from emotion.evaluation.scores import FAMILIES, family_of, load_evaluation, pick_split
from emotion.labels import UNCLEAR, display_order
from emotion.models.offered import full_name
from emotion.models.registry import find_card
from emotion.types import Analysis

TEXT, SHARE, SECONDS, COUNT, DECIMAL = "text", "share", "seconds", "count", "decimal"
"""Kinds of values, which set their format in text and in a spreadsheet."""


@dataclass(frozen=True, slots=True)
class Fact:
    """A name and a value, as a number if possible for use in spreadsheets.

    Attributes:
        name: Display name.
        value: The value; None if unknown.
        kind: One of :data:`TEXT`, :data:`SHARE` (0–1), :data:`SECONDS`, :data:`COUNT`, :data:`DECIMAL`.
    """

    name: str
    value: str | float | None
    kind: str = TEXT

    @property
    def text(self) -> str:
        """The value as text; a dash if unknown."""
        if self.value is None or isinstance(self.value, str):
            return self.value or "–"
        written: dict[str, Callable[[float], str]] = {
            SHARE: lambda value: f"{value:.0%}",
            SECONDS: clock,
            COUNT: lambda value: f"{value:,.0f}",
            DECIMAL: lambda value: f"{value:,.1f}",
        }
        return written[self.kind](self.value)


LIMITS = (
    "An expression is not an emotion. The figures say what faces showed, as most people would name it, not what "
    "anybody felt or meant.",
    "The model makes mistakes, especially on rare expressions, in poor light, on turned or covered faces and on people "
    "unlike those in its training data. The scores in this document are averages over pictures of faces and may not "
    "hold for this video.",
    "Faces that were not detected are not counted. A person who leaves the picture and returns may get a new number.",
    "Do not base decisions about a person on these figures. In the European Union, inferring emotions of people at "
    "work or in education is prohibited, except for medical or safety reasons (AI Act, Article 5(1)(f)), and people "
    "exposed to such a system must be informed (Article 50(3)).",
)


@dataclass(frozen=True, slots=True)
class Scores:
    """A model's scores on one test set.

    Attributes:
        title: Display name of its labels.
        faces: Number of faces.
        accuracy: Share of right answers, 0–1.
        interval: Its 95% interval, or None.
        balanced_accuracy: Mean recall of the labels, 0–1.
        per_label: Label → precision, recall, F1 (0–1) and number of faces.
    """

    title: str
    faces: int
    accuracy: float
    interval: tuple[float, float] | None
    balanced_accuracy: float
    per_label: Mapping[str, tuple[float, float, float, int]]


def headline_facts(summary: Mapping[str, Any]) -> list[Fact]:
    """Return the main figures; of an incomplete analysis, first how much was analysed."""
    return [
        *([] if summary["complete"] else [Fact("Not complete", analysed_text(summary))]),
        Fact("Dominant expression", summary["dominant"]),
        Fact("Smile index", summary["smile_index"], SHARE),
        Fact("People", len(summary["tracks"]), COUNT),
        Fact("Changes of expression per minute", summary["changes_per_minute"], DECIMAL),
        Fact("Frames with a face", summary["frames_with_face"], COUNT),
        Fact("Frames without a face", summary["frames_without_face"], COUNT),
        Fact("Time analysed", summary["analysed_s"], SECONDS),
        *([Fact("Unclear", summary["shares"][UNCLEAR], SHARE)] if UNCLEAR in summary["shares"] else []),
    ]


def analysed_text(summary: Mapping[str, Any]) -> str:
    """Return how much of the video was analysed, as text."""
    return f"{clock(summary['analysed_s'])} of {clock(summary['duration_s'])} analysed"


def settings_facts(analysis: Analysis) -> list[Fact]:
    """Return facts of the video and settings of the analysis."""
    info = analysis.info
    return [
        Fact("Video", analysis.source),
        Fact("Length", info.duration_s, SECONDS),
        *([Fact("Remarks", info.mended)] if info.mended else []),
        Fact("Picture", f"{info.width} × {info.height} px, {info.fps:.4g} frames/s"),
        *(Fact(_title(name), _plain(value)) for name, value in analysis.settings.items()),
        Fact("Complete", "yes" if analysis.complete else f"no: {analysis.note}"),
    ]


_TITLES = {
    "eyes": "Eyes measured",
    "movements": "Movements measured",
    "every": "Every n-th frame",
    "fps": "Frames per second, at most",
    "start_s": "Start, s",
    "end_s": "End, s",
    "source_sha256": "SHA-256 of the video",
    "abstain_below": "Unclear below",
    "abstain_slopes": "Unclear threshold: increase by angle, size and uncertainty",
}


def _title(name: str) -> str:
    return _TITLES.get(name, name.replace("_", " ").capitalize())


def _plain(value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_plain(one)}" for name, one in value.items())
    return f"{value:g}" if isinstance(value, float) else str(value)


def model_facts(analysis: Analysis) -> list[Fact]:
    """Return facts from a model's card, or the fact that it is not installed."""
    card = find_card(analysis.model)
    if card is None:
        return [Fact("Model", analysis.model), Fact("Card", "not installed on this machine")]
    training = {name: card.training[name] for name in ("command", "commit", "hours") if name in card.training}
    return [
        Fact("Model", full_name(card.name)),
        Fact("Expressions", ", ".join(display_order(card.labels))),
        Fact("Input", f"{card.input_size} × {card.input_size} px, {card.colour}, {card.crop}"),
        Fact("Parameters", card.parameters, COUNT),
        Fact("Multiply–adds per face", card.multiply_adds, COUNT),
        *(Fact(f"Training {name}", _plain(value)) for name, value in training.items()),
        Fact("Licence", card.licence),
        Fact("SHA-256", card.sha256),
    ]


def model_scores(model: str) -> list[Scores]:
    """Return a model's scores on each test set on which it was evaluated."""
    try:
        evaluation = load_evaluation(model)
    except ModelError:
        return []
    return [
        _scores(FAMILIES.get(family_of(label_set), label_set), record)
        for label_set, splits in (evaluation or {}).get("int8", {}).items()
        if (record := pick_split(splits, "Test")) is not None
    ]


def _scores(title: str, record: Mapping[str, Any]) -> Scores:
    interval = record.get("accuracy_interval")
    return Scores(
        title=title,
        faces=int(record["n"]),
        accuracy=float(record["accuracy"]),
        interval=(float(interval[0]), float(interval[1])) if interval else None,
        balanced_accuracy=float(record["balanced_accuracy"]),
        per_label={
            label: (float(one["precision"]), float(one["recall"]), float(one["f1"]), int(one["support"]))
            for label in display_order(record["per_class"])
            for one in [record["per_class"][label]]
        },
    )


def clock(seconds: float) -> str:
    """Return a time as ``h:mm:ss.s`` without leading zeros: ``0:03.4``, ``1:02:03.0``."""
    tenths = round(seconds * 10)
    minutes, rest = divmod(tenths, 600)
    hours, minutes = divmod(minutes, 60)
    tail = f"{rest // 10:02}.{rest % 10}"
    return f"{hours}:{minutes:02}:{tail}" if hours else f"{minutes}:{tail}"
