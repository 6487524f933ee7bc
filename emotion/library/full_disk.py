"""Opens a library on a full disk for reading only, because SQLite then cannot open its file for writing."""

from __future__ import annotations

import errno
import shutil
from pathlib import Path

from sqlalchemy import URL, Engine, create_engine
from sqlalchemy.exc import DBAPIError

READ_ONLY = "the disk is full: the library can be viewed, but nothing can be added or changed until space is freed"
_NEEDED_BYTES = 1 << 20
"""SQLite needs 32 kB for the index of its write-ahead log, and space for the log itself."""
_ERRORS = ("SQLITE_FULL", "SQLITE_IOERR", "SQLITE_CANTOPEN")


def has_room(database: Path) -> bool:
    """Return whether the disk of a database file has space for changes; also True if that cannot be determined."""
    try:
        return shutil.disk_usage(database.parent).free >= _NEEDED_BYTES
    except OSError:
        return True


def is_disk_full(database: Path, error: Exception) -> bool:
    """Return whether a database file failed to open because its disk is full."""
    if isinstance(error, DBAPIError):
        name: str = getattr(error.orig, "sqlite_errorname", None) or ""
        return name.startswith(_ERRORS) and not has_room(database)
    return isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}


def read_only_engine(database: Path) -> Engine | None:
    """Return an engine that reads a database file and writes nothing; None if the file is not complete.

    In this mode SQLite ignores the write-ahead log, so a file with a log that is not empty counts as incomplete.
    """
    log = database.with_name(f"{database.name}-wal")
    if not database.exists() or not database.stat().st_size or (log.exists() and log.stat().st_size):
        return None
    options = {"mode": "ro", "immutable": "1", "uri": "true"}
    url = URL.create("sqlite", database=database.as_uri(), query=options)
    return create_engine(url, connect_args={"check_same_thread": False})
