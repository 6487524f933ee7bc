"""A document of sections, whatever it is then laid out as."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of texts under their headings; the first column names the row.

    Attributes:
        stacks: On a narrow screen each row is laid out as a list, instead of a table that is scrolled sideways.
        prose: Columns of words, which are aligned left and may break; all others hold figures.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    stacks: bool = False
    prose: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a document: words, then points, then tables, then notes on how to read these."""

    title: str
    words: tuple[str, ...] = ()
    points: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    notes: tuple[str, ...] = ()


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


def listed(words: Sequence[str], last: str = "and") -> str:
    """Return words as they are listed in a sentence: ``"a, b and c"``."""
    return ", ".join(words[:-1]) + f" {last} {words[-1]}" if len(words) > 1 else "".join(words)


def pairs(facts: Mapping[str, str]) -> Table:
    """Return a table of names and what holds for them."""
    return Table("", ("", ""), tuple(facts.items()))
