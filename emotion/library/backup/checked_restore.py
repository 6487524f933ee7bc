"""Checks the rows and names of a backup before a restore, and removes the files of a failed one."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, delete, event, insert
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from emotion.engine.storage import disk_full_message
from emotion.errors import LibraryError
from emotion.library.library import Library
from emotion.library.orm import CONTENT, Base
from emotion.models.registry import imported_models_dir

Rows = dict[str, list[dict[str, Any]]]
"""The rows of each table by its name."""

log = logging.getLogger(__name__)


def expect_rows(rows: Rows, source: Path) -> None:
    """Check that rows fit the tables by inserting them into an in-memory database.

    Raises:
        LibraryError: A column is unknown or missing, a value is of another type, or a tag has no analysis.
    """
    for table in CONTENT:
        if unknown := {column for row in rows[table.name] for column in row} - {*table.columns.keys()}:
            raise LibraryError(
                f"expected an undamaged backup; {source.name} has an unknown column {sorted(unknown)[0]!r}"
            )
    engine = create_engine("sqlite://")
    event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA foreign_keys=ON"))
    try:
        Base.metadata.create_all(engine)
        with Session(engine) as session:
            replace_rows(session, rows)
            session.commit()
    except (SQLAlchemyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise LibraryError(f"expected an undamaged backup; the tables in {source.name} are damaged") from error
    finally:
        engine.dispose()


def replace_rows(session: Session, rows: Rows) -> None:
    """Replace the content of a database; tokens of the HTTP API stay."""
    for table in reversed(CONTENT):
        session.execute(delete(table))
    for table in CONTENT:
        if rows[table.name]:
            session.execute(insert(table), rows[table.name])


def expect_file_name(name: str) -> None:
    """Check that a file name in a backup stays inside the library.

    Raises:
        LibraryError: It does not.
    """
    parts = name.split("/")
    if len(parts) < 3 or any(part in {"", ".", ".."} or "\0" in part for part in parts):
        raise LibraryError(f"expected file names inside the backup; got {name!r}")


@contextlib.contextmanager
def removing_new_files(library: Library) -> Iterator[None]:
    """Remove the files that the block added to a library and to the added models, if the block fails.

    Raises:
        LibraryError: A file could not be written, for instance because the disk is full.
    """
    stored = {*library.storage.files(), *library.storage.folders()}
    models = set(_model_files())
    try:
        yield
    except BaseException as error:
        _remove_new(library, stored, models)
        if isinstance(error, OSError):
            reason = disk_full_message(error) or f"a file cannot be written: {error.strerror or type(error).__name__}"
            raise LibraryError(f"the backup was not restored: {reason}") from error
        raise


def _remove_new(library: Library, stored: set[str], models: set[Path]) -> None:
    try:
        # Folders first: one may be empty if its first file did not fit.
        for key in (*library.storage.folders(), *library.storage.files()):
            if key not in stored:
                library.storage.remove(key)
        for path in set(_model_files()) - models:
            path.unlink()
            with contextlib.suppress(OSError):
                path.parent.rmdir()
    except (LibraryError, OSError) as error:
        log.warning("files of a restore that failed could not be removed: %s", error)


def _model_files() -> list[Path]:
    folder = imported_models_dir()
    return [path for path in folder.rglob("*") if path.is_file()] if folder.is_dir() else []
