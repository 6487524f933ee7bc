"""A document of sections, whatever it is then laid out as."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of texts under their headings; the first column names the row."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a document: words, then points, then tables."""

    title: str
    words: tuple[str, ...] = ()
    points: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """What is to be read: plain text throughout."""

    title: str
    lead: str
    sections: tuple[Section, ...]


def percent(share: float | None, digits: int = 1) -> str:
    """Return a share as per cent, or a dash where there is none."""
    return "–" if share is None else f"{100 * share:.{digits}f} %"


def interval(low: float, high: float) -> str:
    """Return an interval of shares as per cent."""
    return f"{100 * low:.1f} – {100 * high:.1f} %"


def pairs(facts: Mapping[str, str]) -> Table:
    """Return a table of names and what holds for them."""
    return Table("", ("", ""), tuple(facts.items()))
