"""Reads uploaded timelines in a sandbox (:mod:`emotion.sandbox.runner`)."""

from __future__ import annotations

import tempfile
from pathlib import Path

from emotion.analytics.edits import Edits
from emotion.analytics.files import load_edits, load_parquet, save_parquet
from emotion.errors import TimelineError, TooLargeError
from emotion.sandbox.child import Subject
from emotion.sandbox.runner import run_limited
from emotion.types import Analysis

_TIMELINE = Subject(TimelineError, "a Parquet file that can be read")


def load_uploaded(content: bytes, name: str) -> tuple[Analysis, Edits]:
    """Return the analysis in an untrusted Parquet file, and its edits, which are not applied.

    The sandbox reads it and writes it again; this process reads only the new file.

    Args:
        content: The file's bytes.
        name: Name of the file in messages.

    Raises:
        TimelineError: The file cannot be read, is not an analysis, is of a newer version, or takes down
            the process that reads it.
        TooLargeError: It is over a limit (:mod:`emotion.analytics.parquet_limits`).
    """
    with tempfile.TemporaryDirectory() as folder:
        brought, understood = Path(folder) / "brought.parquet", Path(folder) / "understood.parquet"
        brought.write_bytes(content)
        rewrite_uploaded(brought, understood, name, keep_edits=True)
        return load_parquet(understood, limited=True), load_edits(understood)


def rewrite_uploaded(path: Path, target: Path, name: str, *, keep_edits: bool = False) -> None:
    """Write the analysis in an untrusted Parquet file to a new file, in the sandbox.

    Args:
        path: The untrusted file.
        target: The new file.
        name: Name of the file in messages.
        keep_edits: Also write its edits, such as people's names.

    Raises:
        TimelineError: As :func:`load_uploaded`.
        TooLargeError: Likewise.
    """
    try:
        run_limited(_rewrite, path, target, keep_edits, subject=_TIMELINE)
    except (TimelineError, TooLargeError) as error:
        raise type(error)(str(error).replace(path.name, name)) from error


def _rewrite(path: Path, target: Path, keep_edits: bool) -> None:
    save_parquet(load_parquet(path, limited=True), target, load_edits(path) if keep_edits else None)
