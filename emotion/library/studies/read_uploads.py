"""Reads uploaded logs of other programs in a sandbox (:mod:`emotion.sandbox.runner`)."""

from __future__ import annotations

import tempfile
from pathlib import Path

from emotion.errors import InputError
from emotion.sandbox.child import Subject
from emotion.sandbox.runner import run_limited
from emotion.studies.formats.event_tables import Columns, LoggedEvent, read_log

_LOG = Subject(InputError, "a log that can be read")


def read_uploaded_log(content: bytes, name: str, kind: str, columns: Columns | None = None) -> list[LoggedEvent]:
    """Return the events of an untrusted log.

    Args:
        content: The file's bytes.
        name: Name of the file in messages.
        kind: One of :data:`~emotion.studies.formats.event_tables.KINDS`.
        columns: Columns of a CSV file.

    Raises:
        InputError: The file cannot be read, or takes down the process that reads it.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "uploaded.log"  # replaced in messages, so no ordinary word
        path.write_bytes(content)
        try:
            rows = run_limited(_rows_of, path, kind, columns, subject=_LOG)
        except InputError as error:
            raise InputError(str(error).replace(str(path), name).replace(path.name, name)) from error
    return [LoggedEvent(float(start), float(end), str(label)) for start, end, label in rows]


def _rows_of(path: Path, kind: str, columns: Columns | None) -> list[list[object]]:
    return [[event.start_s, event.end_s, event.label] for event in read_log(path, kind, columns)]
