"""Turns database errors into sentences without addresses, users or paths, which only the log has."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator

from sqlalchemy import URL
from sqlalchemy.exc import DBAPIError, StatementError
from sqlalchemy.exc import TimeoutError as NoFreeConnection

from emotion.errors import LibraryError
from emotion.masking import masked

FULL = "its disk is full; free some space and try again"
OTHER_TABLES = "its tables are those of another program version"
_SQLITE = {
    "SQLITE_FULL": FULL,
    "SQLITE_BUSY": "another program has locked it",
    "SQLITE_LOCKED": "another program has locked it",
    "SQLITE_READONLY": "it is read-only",
    "SQLITE_CANTOPEN": "it cannot be opened",
    "SQLITE_IOERR": "its disk cannot be read or written",
    "SQLITE_CORRUPT": "its file is damaged; restore a backup",
    "SQLITE_NOTADB": "its file is damaged; restore a backup",
    "SQLITE_ERROR": OTHER_TABLES,
}
_POSTGRESQL = {
    "28": "it rejects the login",
    "3D": "no database has that name",
    "42501": "permission denied",
    "53100": FULL,
    "53": "it has no memory or connections left",
    "57": "it is starting or stopping",
    "40": "several servers changed the same data; try again",
    "42": OTHER_TABLES,
}
"""By SQLSTATE or its class, the longest match first."""

log = logging.getLogger(__name__)
_logged: set[str] = set()


@contextlib.contextmanager
def database_errors(url: URL) -> Iterator[None]:
    """Raise what the database driver raises inside as :class:`LibraryError`.

    Args:
        url: The database, for the log.
    """
    try:
        yield
    except DBAPIError as error:
        reason = reason_of(error)
        _log_once(url, error)
        raise LibraryError(f"the library's database does not answer as expected: {reason}") from error
    except NoFreeConnection as error:
        raise LibraryError("the library's database is so busy that no connection to it is free; try again") from error


def reason_of(error: StatementError) -> str:
    """Return why the database failed in fixed words, because its messages contain hosts, users, paths and values."""
    origin = error.orig
    name: str = getattr(origin, "sqlite_errorname", None) or ""
    if name:
        return next((words for start, words in _SQLITE.items() if name.startswith(start)), name)
    state: str = getattr(origin, "sqlstate", None) or ""
    if not state:
        return "it cannot be reached, or rejects the login"
    return next((words for start, words in _POSTGRESQL.items() if state.startswith(start)), f"error {state}")


def _log_once(url: URL, error: DBAPIError) -> None:
    """Log where the database is and how it failed, once per process, for the operator."""
    origin = error.orig
    code = getattr(origin, "sqlite_errorname", None) or getattr(origin, "sqlstate", None) or type(origin).__name__
    line = f"{masked(url.render_as_string())}: {code}"
    if line not in _logged:
        _logged.add(line)
        log.warning("the database failed at %s", line)
