"""A document of sections, independent of its layout."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Table:
    """A table of texts; the first column names the row.

    Attributes:
        stacks: Lay out each row as a list on a narrow screen, instead of scrolling sideways.
        prose: Columns of text, which is aligned left and may wrap; all others hold figures.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    stacks: bool = False
    prose: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """A section: paragraphs (words), bullet points, tables, and notes on how to read them."""

    title: str
    words: tuple[str, ...] = ()
    points: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """A document in plain text."""

    title: str
    lead: str
    sections: tuple[Section, ...]


def percent(share: float | None, digits: int = 1) -> str:
    """Return a share as a percentage, or a dash for None."""
    return "–" if share is None else f"{100 * share:.{digits}f}%"


def interval(low: float, high: float) -> str:
    """Return an interval of shares, ``(low, high)``, as percentages."""
    return f"{100 * low:.1f} – {100 * high:.1f}%"


def listed(words: Sequence[str], last: str = "and") -> str:
    """Return a list in a sentence: ``"a, b and c"``."""
    return ", ".join(words[:-1]) + f" {last} {words[-1]}" if len(words) > 1 else "".join(words)


def pairs(facts: Mapping[str, str]) -> Table:
    """Return a table of names and values."""
    return Table("", ("", ""), tuple(facts.items()))
