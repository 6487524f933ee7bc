"""Backs up and restores a library, to the same or another database: rows as JSON, and its files.

A backup can be taken while the app runs. Rows are a snapshot; files are copied afterwards, and analyses deleted in the
meantime are left out, so that no row refers to a missing file. Logs and clips of running recordings are not included.
"""

from __future__ import annotations

import datetime as dt
import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Table, select

from emotion.engine.private_files import make_private_folder, open_private
from emotion.engine.storage import video_key
from emotion.errors import LibraryError
from emotion.library.backup.archive import ArchiveReader, ArchiveWriter, reading_archive, writing_archive
from emotion.library.backup.checked_restore import (
    Rows,
    expect_file_name,
    expect_rows,
    removing_new_files,
    replace_rows,
)
from emotion.library.entries import State
from emotion.library.jobs.liveness import HEARTBEAT_TIMEOUT_S
from emotion.library.library import Library
from emotion.library.mapping import now
from emotion.library.orm import CONTENT, AnalysisRow, UtcDateTime
from emotion.library.revisions import revisions
from emotion.models.registry import imported_models_dir
from emotion.progress import OnProgress, ProgressReporter
from emotion.version import program_version

_ANALYSES = AnalysisRow.__tablename__
_TABLES, _FILES, _MODELS = "tables/", "files/", "models/"
_TRIES, _BETWEEN_S = 5, 0.1
"""Number of retries and the pause between them, s, for an analysis whose files change while they are copied, as when it
ends or is deleted."""


@dataclass(frozen=True, slots=True)
class Contents:
    """Numbers of a backup's content.

    Attributes:
        analyses: Number of analyses.
        files: Number of files, of analyses and imported models.
        bytes: Total size.
    """

    analyses: int
    files: int
    bytes: int


def back_up(library: Library, target: Path, on_step: OnProgress | None = None) -> Contents:
    """Back up a library, and check every file's digest afterwards.

    Args:
        library: The library, which may be in use.
        target: The new backup, a folder or a file ending in ``.tar``.
        on_step: Called after every analysis.

    Raises:
        LibraryError: The target exists, or the database does not respond.
        OSError: It cannot be written.
    """
    rows, began = _snapshot(library), now()
    with writing_archive(target) as archive:
        kept, progress = [], ProgressReporter(len(rows[_ANALYSES]), on_step)
        for row in rows[_ANALYSES]:
            if _copy_files(library, row, archive):
                kept.append(row)
            progress.advance()
        rows = _of_analyses(rows, {row["id"] for row in kept})
        _copy_models(archive)
        for table in CONTENT:
            archive.add_bytes(f"{_TABLES}{table.name}.jsonl", _to_json(rows[table.name]))
        facts = {"made_at": began.isoformat(), "program": program_version(), "revision": revisions()[0]}
        archive.finish(facts)
    return check(target)


def check(source: Path) -> Contents:
    """Check every file's digest, all rows and all names, and return the numbers of a backup's content.

    Raises:
        LibraryError: It is not a backup, a file or row is damaged or missing, or a newer version made it.
    """
    with reading_archive(source) as archive:
        archive.verify()
        if archive.facts.get("revision") not in revisions():
            raise LibraryError("expected a backup made by this version or an older one; a newer one has made it")
        rows = _rows_of(archive)
        expect_rows(rows, source)
        for name in (*archive.names(_FILES), *archive.names(_MODELS)):
            expect_file_name(name)
        analyses = len(rows[_ANALYSES])
        return Contents(analyses, len(archive.names(_FILES)) + len(archive.names(_MODELS)), archive.total_bytes)


def restore(library: Library, source: Path, *, replace: bool = False, on_step: OnProgress | None = None) -> Contents:
    """Restore a library from a backup.

    Args:
        library: The library to restore to, without running analyses.
        source: The backup; all digests are checked before anything is changed.
        replace: Whether to delete existing content; it is deleted last, so that an interrupted restore can be repeated.
        on_step: Called after every file.

    Raises:
        LibraryError: The backup is damaged or of a newer version, the library is not empty or in use, or the disk is
            full. The library's rows are then as before, and no file is lost; but files, and models of the same name,
            that the backup has too may already be those of the backup.
    """
    contents = check(source)
    with reading_archive(source) as archive:
        _expect_restorable(library, replace=replace)
        rows = _rows_of(archive)
        with removing_new_files(library):
            _restore_files(library, archive, on_step)
            with library.database.writing() as session:
                replace_rows(session, rows)
        _remove_others(library, {name.removeprefix(_FILES) for name in archive.names(_FILES)})
    return contents


def _rows_of(archive: ArchiveReader) -> Rows:
    return {table.name: _from_json(archive, table) for table in CONTENT}


def _snapshot(library: Library) -> Rows:
    with library.database.snapshot() as connection:
        return {
            table.name: [dict(row) for row in connection.execute(select(table).order_by(*table.primary_key)).mappings()]
            for table in CONTENT
        }


def _of_analyses(rows: Rows, ids: set[str]) -> Rows:
    """Return the rows without those of analyses deleted in the meantime."""
    own = {_ANALYSES: "id", **{name: "analysis_id" for name, each in rows.items() if each and "analysis_id" in each[0]}}
    return {name: [row for row in each if name not in own or row[own[name]] in ids] for name, each in rows.items()}


def _copy_files(library: Library, row: dict[str, Any], archive: ArchiveWriter) -> bool:
    """Copy the files of an analysis, and return whether it still exists."""
    entry_id = row["id"]
    for attempt in range(_TRIES):
        time.sleep(_BETWEEN_S if attempt else 0)
        archive.forget(f"{_FILES}{entry_id}/")
        try:
            keys = library.storage.files(entry_id)
            for key in keys:
                if key == video_key(entry_id) and not row["has_video"]:
                    continue  # added since the snapshot
                with library.storage.local(key) as path, path.open("rb") as file:
                    archive.add(_FILES + key, file)
        except FileNotFoundError:
            continue
        # Files are deleted before their row: if all are gone, the row is about to be deleted too.
        if keys == library.storage.files(entry_id) and (keys or not row["bytes"]):
            break
    with library.database.reading() as session:
        there = session.get(AnalysisRow, entry_id) is not None
    if not there:
        archive.forget(f"{_FILES}{entry_id}/")
    row["has_video"] = row["has_video"] and _FILES + video_key(entry_id) in archive.files
    return there


def _copy_models(archive: ArchiveWriter) -> None:
    folder = imported_models_dir()
    for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
        if path.is_file():
            with path.open("rb") as file:
                archive.add(_MODELS + path.relative_to(folder).as_posix(), file)


def _expect_restorable(library: Library, *, replace: bool) -> None:
    rows = _snapshot(library)
    recent = now() - dt.timedelta(seconds=HEARTBEAT_TIMEOUT_S)
    if any(row["state"] == State.RUNNING and (row["heartbeat_at"] or recent) > recent for row in rows[_ANALYSES]):
        raise LibraryError("expected a library in which nothing runs; stop the app, wait a minute and try again")
    if not replace and (any(rows.values()) or library.storage.files()):
        analyses = f"{len(rows[_ANALYSES]):,} analyses and {len(library.storage.files()):,} files"
        raise LibraryError(f"expected an empty library to restore to; this one has {analyses}. --replace deletes them")


def _restore_files(library: Library, archive: ArchiveReader, on_step: OnProgress | None) -> None:
    names = archive.names(_FILES)
    progress = ProgressReporter(len(names), on_step)
    for name in names:
        with library.storage.writing(name.removeprefix(_FILES)) as target:
            archive.copy(name, target)
        progress.advance()
    for name in archive.names(_MODELS):
        path = imported_models_dir() / name.removeprefix(_MODELS)
        make_private_folder(path.parent)
        partial = path.with_name(f".{path.name}.partial")  # a full disk must not cut off a model of the same name
        with open_private(partial, "wb") as target:
            archive.copy(name, target)
        partial.replace(path)


def _remove_others(library: Library, wanted: set[str]) -> None:
    folders = {key.split("/")[0] for key in wanted}
    for key in library.storage.files():
        folder = key.split("/")[0]
        if key not in wanted:
            library.storage.remove(key if folder in folders else folder)


def _to_json(rows: list[dict[str, Any]]) -> bytes:
    return b"".join(json.dumps(row, ensure_ascii=False, default=dt.datetime.isoformat).encode() + b"\n" for row in rows)


def _from_json(archive: ArchiveReader, table: Table) -> list[dict[str, Any]]:
    name = f"{_TABLES}{table.name}.jsonl"
    # A table that older versions did not have.
    lines = archive.read(name).splitlines() if archive.names(name) else []
    moments = {column.name for column in table.columns if isinstance(column.type, UtcDateTime)}
    try:
        return [
            {
                column: dt.datetime.fromisoformat(value) if column in moments and value is not None else value
                for column, value in json.loads(line).items()
            }
            for line in lines
        ]
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise LibraryError(f"expected an undamaged backup; {name} is damaged") from error
