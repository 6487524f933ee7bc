"""Reads and writes events as CSV: ``start_s,end_s,label,excluded``, one row per event."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Iterator, Mapping

from emotion.analytics.edits import Event, Span
from emotion.csv_text import BOM, neutral, restored
from emotion.errors import InputError, brief

COLUMNS = ("start_s", "end_s", "label", "excluded")

MAX_EVENTS = 10_000

_YES, _NO = {"true", "yes", "1"}, {"", "false", "no", "0"}


def to_csv(events: Iterable[Event]) -> str:
    """Return events as CSV text with a header row; :func:`from_csv` reads it back exactly."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(COLUMNS)
    for event in events:
        rows.writerow(
            [repr(event.span.start_s), repr(event.span.end_s), neutral(event.label), str(event.excluded).lower()]
        )
    return text.getvalue()


def from_csv(text: str) -> tuple[Event, ...]:
    """Return the events of a CSV text, in its order.

    Args:
        text: With a header row that has at least ``start_s`` and ``label``, in any order, and with commas or semicolons
            between columns. Without an ``end_s``, an event is a moment; ``excluded`` is true/false, yes/no, 1/0 or
            empty.

    Raises:
        InputError: The header lacks a column, or a row cannot be read; the message has its number, the header's is 1.
    """
    text = text.removeprefix(BOM)
    header = text.partition("\n")[0]
    delimiter = ";" if ";" in header and "," not in header else ","
    reader = csv.DictReader(io.StringIO(text, newline=None), delimiter=delimiter)
    try:
        return tuple(_events(reader))
    except csv.Error as error:
        raise InputError(
            f"expected a CSV file; got one that cannot be read in row {reader.line_num}: {error}"
        ) from error


def _events(reader: csv.DictReader[str]) -> Iterator[Event]:
    names = [(name or "").strip().lower() for name in reader.fieldnames or ()]
    if not {"start_s", "label"} <= set(names):
        came = brief(", ".join(names)) or "an empty file"
        raise InputError(f"expected a header with {', '.join(COLUMNS)}; got {came}")
    reader.fieldnames = names
    for count, row in enumerate(reader):
        if count >= MAX_EVENTS:
            raise InputError(f"expected at most {MAX_EVENTS:,} events; got more")
        yield _event(row, reader.line_num)


def _event(row: Mapping[str | None, object], number: int) -> Event:
    texts = {name: value.strip() for name, value in row.items() if isinstance(name, str) and isinstance(value, str)}
    start_s = _seconds(texts.get("start_s", ""), "start_s", number)
    end_s = _seconds(texts["end_s"], "end_s", number) if texts.get("end_s") else start_s
    if not texts.get("label"):
        raise InputError(f"expected a label in row {number}; got none")
    excluded = texts.get("excluded", "").lower()
    if excluded not in _YES | _NO:
        raise InputError(f"expected true or false as excluded in row {number}; got {brief(texts['excluded'])}")
    try:
        return Event(restored(texts["label"]), Span(start_s, end_s), excluded in _YES)
    except InputError as error:
        raise InputError(f"row {number}: {error}") from None


def _seconds(text: str, name: str, number: int) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not math.isfinite(seconds):
        raise InputError(f"expected seconds as {name} in row {number}, such as 12.5; got {brief(text) or 'nothing'}")
    return seconds
