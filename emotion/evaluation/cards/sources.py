"""The data sets that models are trained on, with their labels and terms of use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from emotion.evaluation.cards.document import Table


@dataclass(frozen=True, slots=True)
class Source:
    """A data set.

    Attributes:
        title: Its name.
        labels: Its labels, in a phrase.
        terms: Its terms of use, in a phrase.
    """

    title: str
    labels: str
    terms: str


_RESEARCH = "Non-commercial research"

SOURCES: dict[str, Source] = {
    "fer2013": Source("FER2013 with FER+ votes", "Votes of ten people per face, and FER2013's own labels", "Research"),
    "rafdb": Source(
        "RAF-DB, basic expressions",
        "Seven expressions, labelled by about 40 people per face",
        f"{_RESEARCH}, also for derived data",
    ),
    "affectnet-fear": Source("AffectNet, fear", "One expression", _RESEARCH),
    "affectnet-contempt": Source(
        "AffectNet, contempt", "One expression; about half of the faces look neutral or smile", _RESEARCH
    ),
    "ffhq": Source("FFHQ, selected faces", "Happiness or neutral, probably labelled by a model", _RESEARCH),
    "genki4k": Source("The MPLab GENKI Database, GENKI-4K subset", "Smiling or not", "Free if the source is named"),
}
"""Name in a card's ``training.sources`` → data set."""

FOR_RESEARCH = (
    "For research only: the owners of most of these pictures allow nothing else. The model contains no pictures."
)


def training_sources(training: Mapping[str, Any]) -> dict[str, int | None]:
    """Return the data sets in a card's training record, each with its number of training faces if stated."""
    named = training.get("sources") or {}
    counts = named if isinstance(named, Mapping) else dict.fromkeys(named)
    return {name: count if isinstance(count, int) else None for name, count in counts.items()}


def sources_table(sources: Mapping[str, int | None]) -> Table:
    """Return a table of data sets with their labels and terms."""
    rows = []
    for name, count in sources.items():
        source = SOURCES.get(name, Source(name, "Not stated", "Not stated"))
        rows.append((source.title, "–" if count is None else f"{count:,}", source.labels, source.terms))
    return Table(
        "Data sets", ("Data set", "Faces", "Labels", "Terms"), tuple(rows), stacks=True, prose=("Labels", "Terms")
    )
