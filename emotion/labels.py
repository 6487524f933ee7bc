"""The words for expressions: label sets, the data sets' own orders and spellings, and one colour per label.

Labels are nouns. Every data set numbers and spells them differently; those
differences are mapped here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from emotion.errors import LabelError

EMOTIONS: tuple[str, ...] = (
    "neutral",
    "happiness",
    "surprise",
    "sadness",
    "anger",
    "disgust",
    "fear",
    "contempt",
)
"""Every label, in the order of the FER+ taggers' columns (Barsoum et al. 2016)."""

NO_LABEL = -1
"""Code of a face without any label of its set."""

FERPLUS_LABELS = EMOTIONS
"""The eight classes of FER+."""

FER2013_LABELS: tuple[str, ...] = ("anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral")
"""The seven classes of FER2013 in the order of its codes 0–6 (Goodfellow et al. 2013)."""

AFFECTNET_LABELS: tuple[str, ...] = (
    "neutral",
    "happiness",
    "sadness",
    "surprise",
    "fear",
    "disgust",
    "anger",
    "contempt",
)
"""The eight classes of AffectNet in the order of its codes 0–7 (Mollahosseini et al. 2017)."""

RAFDB_LABELS: tuple[str, ...] = ("surprise", "fear", "disgust", "happiness", "sadness", "anger", "neutral")
"""The seven classes of RAF-DB in the order of its codes 1–7 (Li et al. 2017)."""

ORDERS: dict[str, tuple[str, ...]] = {
    "FER2013": FER2013_LABELS,
    "FER+": FERPLUS_LABELS,
    "AffectNet": AFFECTNET_LABELS,
    "AffectNet without contempt": AFFECTNET_LABELS[:-1],
    "RAF-DB": RAFDB_LABELS,
    "Alphabetical, contempt included": tuple(sorted(EMOTIONS)),
    "Alphabetical": tuple(sorted(FER2013_LABELS)),
}
"""Usual orders of a model's outputs, by their names for people. Alphabetical is what most programs
make of class folders; it is the same whether these are called *happy* or *happiness*."""

COLOURS: dict[str, str] = {
    "neutral": "#646670",
    "happiness": "#DA7800",
    "surprise": "#7F6800",
    "sadness": "#0C69A8",
    "anger": "#E5344F",
    "disgust": "#2F7D45",
    "fear": "#BE5AD2",
    "contempt": "#2A9AAE",
}
"""One colour per label, everywhere. Each has a contrast of at least 3 to the light and to the dark page, and no two
look alike to people with a colour-vision deficiency (docs/decisions/0022-seen-by-everyone.md)."""

UNCLEAR = "unclear"
"""The answer when no label is probable enough. It is not a label: no probability belongs to it."""

ANSWER_COLOURS: dict[str, str] = COLOURS | {UNCLEAR: "#969187"}
"""The colour of every answer. Unclear is a lighter grey than neutral, and striped where there is room."""

INKS: dict[str, str] = dict.fromkeys(ANSWER_COLOURS, "#000000") | dict.fromkeys(
    ("neutral", "surprise", "sadness", "disgust"), "#FFFFFF"
)
"""Text colour for each answer's colour, with a contrast of at least 4.5."""

SHORT: dict[str, str] = {label: label[:2].capitalize() for label in COLOURS} | {UNCLEAR: "?"}
"""Two letters per answer, written on its colour."""


def answer_styles(labels: Sequence[str]) -> dict[str, list[str]]:
    """Return each label, and UNCLEAR, with its colour, the text colour on it, and its letters."""
    return {label: [ANSWER_COLOURS[label], INKS[label], SHORT[label]] for label in (*labels, UNCLEAR)}


_PLACES = {label: place for place, label in enumerate((*EMOTIONS, UNCLEAR))}


def display_order(labels: Iterable[str]) -> tuple[str, ...]:
    """Return labels in the order of lists, legends and charts: that of :data:`EMOTIONS`, UNCLEAR last.

    A model's own order is that of its outputs and of its columns in a timeline.
    """
    return tuple(sorted(labels, key=_PLACES.__getitem__))


def in_display_order(values: Mapping[str, float]) -> dict[str, float]:
    """Return values by label in :func:`display_order`."""
    return {label: values[label] for label in display_order(values)}


_SPELLINGS: dict[str, tuple[str, ...]] = {
    "neutral": ("neutrality", "calm", "ne"),
    "happiness": ("happy", "joy", "ha", "smile", "smiling"),
    "surprise": ("surprised", "suprise", "suprised", "su"),
    "sadness": ("sad", "sa"),
    "anger": ("angry", "an"),
    "disgust": ("disgusted", "di"),
    "fear": ("fearful", "afraid", "scared", "fe"),
    "contempt": ("contemptuous", "co"),
}

_LABEL_OF_SPELLING: dict[str, str] = {
    spelling: label for label, spellings in _SPELLINGS.items() for spelling in (label, *spellings)
}


@dataclass(frozen=True, slots=True)
class LabelSet:
    """A named, ordered set of labels: column *i* of a model's output means ``labels[i]``."""

    name: str
    labels: tuple[str, ...]

    def __post_init__(self) -> None:
        unknown = [label for label in self.labels if label not in EMOTIONS]
        if unknown or len(set(self.labels)) != len(self.labels) or len(self.labels) < 2:
            raise LabelError(f"expected at least two different labels out of {', '.join(EMOTIONS)}; got {self.labels}")

    def __len__(self) -> int:
        return len(self.labels)


FERPLUS = LabelSet("ferplus", FERPLUS_LABELS)
FER2013 = LabelSet("fer2013", FER2013_LABELS)
AFFECTNET = LabelSet("affectnet", AFFECTNET_LABELS)
RAFDB = LabelSet("rafdb", RAFDB_LABELS)


def parse_label(text: str) -> str:
    """Return the label for a data set's own spelling.

    Args:
        text: A class name such as ``"Happy"``, ``"3_sad"`` or ``"fearful"``.

    Raises:
        LabelError: The spelling is unknown.
    """
    word = text.strip().lower().lstrip("0123456789").strip(" _-.")
    try:
        return _LABEL_OF_SPELLING[word]
    except KeyError:
        raise LabelError(f"expected an expression ({', '.join(EMOTIONS)}); got {text!r}") from None


CODES: dict[str, dict[int, str]] = {
    "fer2013": dict(enumerate(FER2013_LABELS)),
    "ferplus": dict(enumerate(FERPLUS_LABELS)),
    "affectnet": dict(enumerate(AFFECTNET_LABELS)),
    "rafdb": dict(enumerate(RAFDB_LABELS, start=1)),
}
"""Labels of data sets that write classes as numbers, by the data set's name."""


def parse_class(text: str, codes: str | None = None) -> str:
    """Return the label that a class name or number stands for.

    Args:
        text: A spelling, or a number such as ``"3"``.
        codes: The data set whose numbers they are, a key of :data:`CODES`; None if there are no numbers.

    Raises:
        LabelError: A spelling is unknown, or no class has this number.
    """
    word = text.strip().removesuffix(".0")
    if not word.isdecimal():
        return parse_label(text)
    if codes is None:
        raise LabelError(f"expected a class name; got the number {word} without knowing whose codes are meant")
    if int(word) not in CODES[codes]:
        raise LabelError(f"expected a code of {codes}, {min(CODES[codes])} to {max(CODES[codes])}; got {word}")
    return CODES[codes][int(word)]


def parse_labels(text: str) -> tuple[str, ...]:
    """Return the labels that a list of names stands for, in its order.

    Args:
        text: Class names in any usual spelling, separated by commas, or a key of :data:`CODES`,
            which stands for that data set's classes in the order of their numbers.

    Raises:
        LabelError: A spelling is unknown, two names mean the same label, or there are fewer than two.
    """
    if text in CODES:
        return tuple(CODES[text].values())
    labels = tuple(parse_label(name) for name in text.split(","))
    if repeated := [label for label in EMOTIONS if labels.count(label) > 1]:
        raise LabelError(f"expected each label once; got {', '.join(repeated)} several times")
    return LabelSet("given", labels).labels


def label_set_of(labels: Collection[str]) -> LabelSet:
    """Return the label set with exactly these labels: FER2013, FER+, or a new one in FER2013's order, contempt last.

    Raises:
        LabelError: Fewer than two, or unknown ones.
    """
    known = next((known for known in (FER2013, FERPLUS) if set(known.labels) == set(labels)), None)
    ordered = tuple(label for label in (*FER2013_LABELS, "contempt") if label in labels)
    return known or LabelSet("-".join(ordered), ordered)


def subset_of(label_set: LabelSet, classes: Sequence[str]) -> LabelSet:
    """Return the label set of some of a set's classes, in the order given.

    Args:
        label_set: Where the classes come from.
        classes: Labels in any usual spelling.

    Raises:
        LabelError: A class is unknown, not in the set, or given twice.
    """
    labels = tuple(parse_label(name) for name in classes)
    if unknown := [label for label in labels if label not in label_set.labels]:
        raise LabelError(
            f"expected classes from {', '.join(label_set.labels)} ({label_set.name}); got {', '.join(unknown)}"
        )
    return label_set if labels == label_set.labels else LabelSet("-".join((label_set.name, *labels)), labels)
