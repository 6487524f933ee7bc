"""The library's settings: environment variables, all of them here.

- ``EMOTION_LIBRARY``: folder of the embedded database, the files, the logs and added models; default ``library``
  in the user's data folder (``~/.local/share/emotion`` on Linux)
- ``EMOTION_DATABASE_URL``: where analyses are listed, ``postgresql+psycopg://…`` or ``sqlite:///…``; default
  ``library.db`` in that folder
- ``EMOTION_STORAGE_URL``: where timelines and videos lie, a folder or any URL that fsspec opens; default ``analyses``
  in that folder
- ``EMOTION_JOBS``: how many analyses run at once on this machine; default 2
- ``EMOTION_PART_S``: seconds between the parts in which a running analysis is written down, which is what may be lost
  if its process is killed; default 3
"""

from __future__ import annotations

import os
from pathlib import Path

from platformdirs import user_data_path
from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from emotion.errors import LibraryError
from emotion.limits import above_zero


def library_dir() -> Path:
    """Return the folder of everything that is kept here."""
    return Path(os.environ.get("EMOTION_LIBRARY") or user_data_path("emotion", appauthor=False) / "library").absolute()


def log_file(analysis_id: str) -> Path:
    """Return where the worker of an analysis writes what goes wrong."""
    return library_dir() / "logs" / f"{analysis_id}.log"


def database_url(url: str | None = None) -> URL:
    """Return where the list of analyses is kept.

    Args:
        url: Instead of what the environment says.

    Raises:
        LibraryError: Not the URL of an SQLite or PostgreSQL database.
    """
    given = url or os.environ.get("EMOTION_DATABASE_URL")
    if not given:
        return URL.create("sqlite", database=str(library_dir() / "library.db"))
    try:
        parsed = make_url(given)
    except ArgumentError as error:
        raise LibraryError("expected EMOTION_DATABASE_URL like postgresql+psycopg://user@host/name") from error
    kind = parsed.get_backend_name()
    if kind not in {"sqlite", "postgresql"}:
        raise LibraryError(f"expected EMOTION_DATABASE_URL of a postgresql or sqlite database; got {kind}")
    return parsed.set(drivername="postgresql+psycopg") if kind == "postgresql" else parsed


def storage_url(url: str | None = None) -> str:
    """Return where timelines and videos lie.

    Args:
        url: Instead of what the environment says.
    """
    return url or os.environ.get("EMOTION_STORAGE_URL") or str(library_dir() / "analyses")


def part_s() -> float:
    """Return the wall time between the parts of a running analysis, in seconds.

    Raises:
        LibraryError: The setting is not a number above 0.
    """
    given = os.environ.get("EMOTION_PART_S") or "3"
    seconds = above_zero(given)
    if seconds is None:
        raise LibraryError(f"expected EMOTION_PART_S to be a number of seconds above 0; got {given!r}")
    return seconds


def jobs_at_once() -> int:
    """Return how many analyses run at once on this machine.

    Raises:
        LibraryError: The setting is not a number above 0.
    """
    given = os.environ.get("EMOTION_JOBS") or "2"
    if not given.isdecimal() or int(given) < 1:
        raise LibraryError(f"expected EMOTION_JOBS to be a number above 0; got {given!r}")
    return int(given)
