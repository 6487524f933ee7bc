"""A timeline that somebody uploaded, read in a process with limits (:mod:`emotion.limited`)."""

from __future__ import annotations

import tempfile
from pathlib import Path

from emotion.analytics.files import load_parquet, save_parquet
from emotion.errors import TimelineError
from emotion.limited import Subject, run_limited
from emotion.types import Analysis

_TIMELINE = Subject(TimelineError, "a Parquet file that can be read")


def load_uploaded(path: Path) -> Analysis:
    """Return the analysis in a Parquet file that may come from anywhere.

    A process of its own reads it and writes what it understood anew; that is what this one reads.

    Raises:
        TimelineError: The file cannot be read, is not an analysis, is of a newer version, or takes down
            the process that reads it.
    """
    with tempfile.TemporaryDirectory() as folder:
        understood = Path(folder) / path.name
        run_limited(_write_anew, path, understood, subject=_TIMELINE)
        return load_parquet(understood)


def _write_anew(path: Path, target: Path) -> None:
    save_parquet(load_parquet(path), target)
