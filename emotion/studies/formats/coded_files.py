"""Reads coders' codes: ELAN, BORIS or CSV files per coder and video, one table of all, or codings made in the app."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from emotion.errors import InputError, brief
from emotion.studies.coding import Coding
from emotion.studies.formats.event_tables import Columns, LoggedEvent, events_of_table
from emotion.studies.names import ONLY_STIMULUS, PARTICIPANT, STIMULUS, NamePattern

CODER = "coder"
SPANS = (CODER, PARTICIPANT, STIMULUS, "code", "start_s", "end_s")
"""Columns of a table of coded spans, with times in the video."""

PATTERNS = (
    "{coder}_{participant}_{stimulus}",
    "{coder}-{participant}-{stimulus}",
    "{participant}_{stimulus}_{coder}",
    "{coder}_{participant}",
)
"""Usual patterns of file names, tried in this order."""


def is_table_of_all(columns: Iterable[str]) -> bool:
    """Return whether a table with these columns names a coder in each row."""
    return {CODER, PARTICIPANT, "code", "start_s", "end_s"} <= set(columns)


def spans_of_table(table: pd.DataFrame) -> pd.DataFrame:
    """Return the spans in a table of all coders.

    Args:
        table: Text columns ``coder``, ``participant``, ``code``, ``start_s``, ``end_s`` and, if there are several,
            ``stimulus``.

    Raises:
        InputError: A time is not a number.
    """
    whole = table if STIMULUS in table else table.assign(**{STIMULUS: ONLY_STIMULUS})
    parts = []
    for key, rows in whole.groupby([CODER, PARTICIPANT, STIMULUS], sort=False):
        parts.append(
            _spans(
                dict(zip(SPANS, [str(name) for name in key], strict=False)),
                events_of_table(rows, Columns("start_s", "code", "end_s")),
            )
        )
    return _joined(parts)


def spans_of_files(files: Mapping[str, Sequence[LoggedEvent]], pattern: NamePattern) -> tuple[pd.DataFrame, list[str]]:
    """Return the spans of one file per coder and video.

    Args:
        files: File name → its events, labelled with codes.
        pattern: Pattern of the file names, with ``{coder}``.

    Returns:
        A table of :data:`SPANS`, where a file without events has an empty code and no times, and the names that do not
        match.

    Raises:
        InputError: The pattern has no ``{coder}``.
    """
    if CODER not in pattern.fields:
        raise InputError(f"expected a pattern with {{coder}}, such as {PATTERNS[0]}; got {brief(pattern.text)!r}")
    parts, unmatched = [], []
    for name, events in files.items():
        values = pattern.read(name)
        if values is None:
            unmatched.append(name)
        else:
            parts.append(_spans({STIMULUS: ONLY_STIMULUS, **values}, events))
    return _joined(parts), unmatched


def spans_of_codings(codings: Iterable[Coding]) -> pd.DataFrame:
    """Return a table of :data:`SPANS` of codings; one without spans has an empty code and no times.

    A point has the same start and end, as a moment of a file has.
    """
    parts = []
    for coding in codings:
        names = {CODER: coding.coder, PARTICIPANT: coding.participant, STIMULUS: coding.stimulus}
        parts.append(_spans(names, [LoggedEvent(span.start_s, span.end_s, span.code) for span in coding.spans]))
    return _joined(parts)


def suggest_coded_pattern(names: Sequence[str]) -> str:
    """Return the first of :data:`PATTERNS` that matches all names, or else the first one."""
    fitting = (text for text in PATTERNS if all(NamePattern(text).read(name) for name in names))
    return next(fitting, PATTERNS[0])


def _spans(values: Mapping[str, str], events: Sequence[LoggedEvent]) -> pd.DataFrame:
    rows = [(event.label, event.start_s, event.end_s) for event in events] or [("", float("nan"), float("nan"))]
    table = pd.DataFrame(rows, columns=["code", "start_s", "end_s"])
    return table.assign(**{name: values[name] for name in (CODER, PARTICIPANT, STIMULUS)})[list(SPANS)]


def _joined(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(SPANS))
