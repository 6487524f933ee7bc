"""Reads events from the logs of other programs: PsychoPy, E-Prime, BORIS, ELAN, XDF, and any CSV by its columns."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

import pandas as pd
import pyxdf

from emotion.analytics.edits import Event, Span
from emotion.csv_text import restored
from emotion.errors import InputError, brief
from emotion.studies.formats.elan import elan_spans
from emotion.studies.text_tables import UNICODE, TableLimits, column_names, decoded, read_text_table

LIMITS = TableLimits(100_000)
_ENCODINGS = (*UNICODE, "cp1252", "latin-1")
_ENDINGS = {".eaf": "elan", ".xdf": "xdf"}
BORIS_COLUMNS = frozenset({"Behavior", "Behavior type", "Time"})


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a table that describe events.

    Attributes:
        start: Start of each event.
        label: What it is; None for the start column's name.
        end: Its end; None for moments, or if ``duration`` is given.
        duration: How long it lasts.
        unit_s: Length of the table's unit of time, s; 0.001 for milliseconds.
    """

    start: str
    label: str | None = None
    end: str | None = None
    duration: str | None = None
    unit_s: float = 1.0

    def __post_init__(self) -> None:
        if not 0 < self.unit_s < float("inf"):
            raise InputError(f"expected a unit of time above 0 s; got {self.unit_s} s")


@dataclass(frozen=True, slots=True)
class LoggedEvent:
    """An event, in the time of its own log, which need not begin at 0.

    Attributes:
        start_s: Its start, s.
        end_s: Its end, s.
        label: What it is.
    """

    start_s: float
    end_s: float
    label: str


def read_table(content: bytes) -> pd.DataFrame:
    """Return a CSV or tab-separated file as text columns.

    Raises:
        InputError: It is no table.
    """
    return read_text_table(content, LIMITS, _ENCODINGS, titled=True)


def table_columns(content: bytes) -> list[str]:
    """Return the names of the columns of :func:`read_table`, without reading its rows."""
    return column_names(content, LIMITS, _ENCODINGS, titled=True)


def events_of_table(table: pd.DataFrame, columns: Columns) -> list[LoggedEvent]:
    """Return the events of a table; rows without a start are left out.

    Raises:
        InputError: A column is missing, or a time is not a number.
    """
    wanted = [name for name in (columns.start, columns.label, columns.end, columns.duration) if name is not None]
    if missing := [name for name in wanted if name not in table]:
        have = ", ".join(brief(name) for name in list(table)[:20])
        raise InputError(f"expected a column {brief(missing[0])!r}; the table has {have}")
    found = []
    for row in table.to_dict("records"):
        start = _number(row[columns.start], columns.start)
        if start is None:
            continue
        length = None if columns.duration is None else _number(row[columns.duration], columns.duration)
        end = None if columns.end is None else _number(row[columns.end], columns.end)
        stop = start + length if length is not None else start if end is None else end
        label = columns.start if columns.label is None else restored(str(row[columns.label])).strip()
        found.append(_logged(start * columns.unit_s, stop * columns.unit_s, label))
    return _by_start(found)


def psychopy_events(content: bytes) -> list[LoggedEvent]:
    """Return the events of PsychoPy's CSV: every column ``<component>.started`` is one, with its ``.stopped``."""
    table = read_table(content).replace({"None": ""})
    return _column_events(table, ".started", ".stopped", "a PsychoPy table with columns such as 'film.started'")


def eprime_events(content: bytes) -> list[LoggedEvent]:
    """Return the events of E-Prime's text export, in ms: every ``<object>.OnsetTime``, with ``<object>.OffsetTime``."""
    table = read_table(content).replace({"NULL": ""})
    expected = "an E-Prime table with columns such as 'Film.OnsetTime'"
    return _column_events(table, ".OnsetTime", ".OffsetTime", expected, unit_s=0.001)


def boris_events(content: bytes) -> list[LoggedEvent]:
    """Return the events of BORIS' tabular events: starts joined with their stops, and points.

    Raises:
        InputError: It is no such table, or has several observations.
    """
    table = read_table(content)
    if not set(table) >= BORIS_COLUMNS:
        raise InputError(f"expected BORIS' tabular events with {', '.join(sorted(BORIS_COLUMNS))}; a column is missing")
    if "Observation id" in table and len(several := list(dict.fromkeys(table["Observation id"]))) > 1:
        have = ", ".join(brief(name) for name in several[:5])
        raise InputError(f"expected BORIS' events of one observation, whose times are those of one video; got {have}")
    open_at: dict[tuple[str, str], float] = {}
    found = []
    for row in table.to_dict("records"):
        time, label = _number(row["Time"], "Time"), restored(str(row["Behavior"]))
        kind, key = str(row["Behavior type"]).upper(), (str(row.get("Subject", "")), label)
        if time is None:
            continue
        if kind == "START":
            open_at[key] = time
        elif kind == "STOP":
            found.append(_logged(open_at.pop(key, time), time, label))
        else:
            found.append(_logged(time, time, label))
    never_stopped = [_logged(start, start, label) for (_, label), start in open_at.items()]
    return _by_start([*found, *never_stopped])


def elan_events(content: bytes, tiers: Sequence[str] = ()) -> list[LoggedEvent]:
    """Return the annotations of an ELAN file.

    Args:
        content: The ``.eaf`` file.
        tiers: Names of the tiers to read; all if empty.

    Raises:
        InputError: It is not such a file, or declares entities.
    """
    return _by_start(_logged(*span) for span in elan_spans(decoded(content, _ENCODINGS), tiers))


def xdf_events(path: Path) -> list[LoggedEvent]:
    """Return the markers of an XDF file: all samples of its streams of text.

    Raises:
        InputError: It is not such a file, or has no markers.
    """
    try:
        streams, _ = pyxdf.load_xdf(str(path), verbose=False)
    except Exception as error:  # pyxdf raises whatever its parsing meets
        raise InputError(f"expected an XDF file; {path.name} cannot be read: {brief(error)}") from error
    found = [
        _logged(float(time), float(time), str(sample[0]).strip())
        for stream in streams
        if stream["info"]["channel_format"][0] == "string"
        for time, sample in zip(stream["time_stamps"], stream["time_series"], strict=True)
    ]
    if not found:
        raise InputError(f"expected an XDF file with a stream of markers; {path.name} has none")
    return _by_start(found)


READERS: dict[str, Callable[[bytes], list[LoggedEvent]]] = {
    "psychopy": psychopy_events, "eprime": eprime_events, "boris": boris_events, "elan": elan_events,
}  # fmt: skip
"""Format → reader of a file's bytes. XDF is read from its path, other tables with :class:`Columns`."""

KINDS = (*READERS, "xdf", "csv")
"""All formats of :func:`read_log`."""


def offset_by(events: Sequence[LoggedEvent], common: str, at_s: float) -> float:
    """Return the offset between a log and a video, s: it moves the first event with a label to a given time.

    Args:
        events: The log.
        common: Label of an event that the video has too, such as a clap or the start of the first stimulus.
        at_s: Its time in the video, s.

    Raises:
        InputError: The log has no such event.
    """
    first = next((event for event in events if event.label.casefold() == common.casefold()), None)
    if first is None:
        have = ", ".join(dict.fromkeys(brief(event.label) for event in events[:20]))
        raise InputError(f"expected an event {brief(common)!r} in the log; it has {have or 'none'}")
    return at_s - first.start_s


def kind_of(name: str, content: bytes) -> str:
    """Guess the format of a log from its name and columns; ``csv`` if no other format matches."""
    ending = PurePath(name).suffix.lower()
    if ending in _ENDINGS:
        return _ENDINGS[ending]
    columns = set(table_columns(content))
    if columns >= BORIS_COLUMNS:
        return "boris"
    endings = {"psychopy": ".started", "eprime": ".OnsetTime"}
    return next((kind for kind, end in endings.items() if any(name.endswith(end) for name in columns)), "csv")


def read_log(path: Path, kind: str, columns: Columns | None = None) -> list[LoggedEvent]:
    """Return the events of a file.

    Args:
        path: The file.
        kind: One of :data:`KINDS`.
        columns: Its columns, if the kind is ``"csv"``.

    Raises:
        InputError: The file is of another format, or damaged.
    """
    if kind == "xdf":
        return xdf_events(path)
    if kind in READERS:
        return READERS[kind](path.read_bytes())
    if columns is None:
        raise InputError("expected the column with the start of each event")
    return events_of_table(read_table(path.read_bytes()), columns)


def in_video(events: Sequence[LoggedEvent], offset_s: float = 0.0) -> tuple[Event, ...]:
    """Return a log's events in the time of the video; those that end before its start are left out."""
    return tuple(
        Event(event.label, Span(max(event.start_s + offset_s, 0.0), event.end_s + offset_s))
        for event in events
        if event.end_s + offset_s >= 0
    )


def _column_events(table: pd.DataFrame, start: str, end: str, expected: str, unit_s: float = 1.0) -> list[LoggedEvent]:
    """Return an event for each value in a column ``<name><start>``, with its end from ``<name><end>`` if it exists."""
    names = [str(column).removesuffix(start) for column in table if str(column).endswith(start)]
    if not names:
        raise InputError(f"expected {expected}; there is none")
    found: list[LoggedEvent] = []
    for name in names:
        columns = Columns(name + start, end=name + end if name + end in table else None, unit_s=unit_s)
        found += [_logged(each.start_s, each.end_s, name) for each in events_of_table(table, columns)]
    return _by_start(found)


def _by_start(events: Iterable[LoggedEvent]) -> list[LoggedEvent]:
    return sorted(events, key=lambda event: event.start_s)


def _logged(start: float, end: float, label: str) -> LoggedEvent:
    return LoggedEvent(start, max(start, end), label or "event")


def _number(text: object, column: str) -> float | None:
    line = str(text).strip().replace(",", ".")
    if not line or line.casefold() in {"na", "n/a", "nan"}:
        return None
    try:
        value = float(line)
    except ValueError:
        raise InputError(f"expected a number in the column {brief(column)}; got {brief(line)!r}") from None
    if not math.isfinite(value):
        raise InputError(f"expected a number in the column {brief(column)}; got {brief(line)!r}")
    return value
