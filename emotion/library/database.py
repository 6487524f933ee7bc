"""Sessions on SQLite or PostgreSQL, with an up-to-date schema."""

from __future__ import annotations

import contextlib
import fcntl
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import Session

from emotion.engine.private_files import make_private_folder, open_private
from emotion.errors import LibraryError
from emotion.library.database_errors import database_errors
from emotion.library.full_disk import READ_ONLY, has_room, is_disk_full, read_only_engine
from emotion.library.revisions import newest_revision

BUSY_S = 30
"""How long a writer waits for another, s."""
_BEGIN = "emotion_begin"
_MIGRATION_LOCK, WORK_LOCK, QUEUE_LOCK, ADDING_LOCK = 0x656D6F74, 0x656D6F75, 0x656D6F76, 0x656D6F77
"""Number of PostgreSQL's advisory lock."""


class Database:
    """A database with the current schema.

    Args:
        url: See :func:`emotion.settings.database_url`.

    Raises:
        LibraryError: It cannot be opened, or a newer version made it.
    """

    def __init__(self, url: URL) -> None:
        self.is_sqlite = url.get_backend_name() == "sqlite"
        if self.is_sqlite:
            url = url.set(database=str(Path(str(url.database)).absolute()))
        self.url = url
        self._opening = threading.Lock()
        self._reader: Engine | None = None
        self._connect()
        try:
            with database_errors(self.url):
                self._open()
        except (FileExistsError, NotADirectoryError) as error:
            raise LibraryError("expected a folder for the library; its path is, or leads through, a file") from error
        except OSError as error:
            raise LibraryError(f"the library's database cannot be opened: {error.strerror or error}") from error

    @property
    def is_full(self) -> bool:
        """Whether the disk has no room for changes; everything can still be read."""
        return self.is_sqlite and (self._reader is not None or not has_room(self._file))

    @property
    def _file(self) -> Path:
        return Path(str(self.url.database))

    @contextlib.contextmanager
    def reading(self) -> Iterator[Session]:
        """Yield a session that only reads.

        Raises:
            LibraryError: The database does not answer.
        """
        self._return_to_writing()
        with database_errors(self.url), Session(self._reader or self.engine) as session:
            yield session

    @contextlib.contextmanager
    def writing(self, lock: int | None = None) -> Iterator[Session]:
        """Yield a session that commits when the block succeeds, and else rolls back.

        Args:
            lock: Number of a lock that only one block in all processes holds at a time.

        Raises:
            LibraryError: The database does not answer.
        """
        self._return_to_writing()
        if self._reader is not None:
            raise LibraryError(READ_ONLY)
        with database_errors(self.url), Session(self._writer, expire_on_commit=False) as session, session.begin():
            # SQLite has only one writer at a time.
            if lock is not None and not self.is_sqlite:
                session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": lock})
            yield session

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """Yield a connection with a consistent snapshot of all tables.

        Raises:
            LibraryError: The database does not answer.
        """
        # SQLite's read transactions are snapshots by default.
        options = {} if self.is_sqlite else {"isolation_level": "REPEATABLE READ"}
        self._return_to_writing()
        engine = self._reader or self.engine
        with database_errors(self.url), engine.connect().execution_options(**options) as connection, connection.begin():
            yield connection

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()
        if self._reader is not None:
            self._reader.dispose()

    def _connect(self) -> None:
        self.engine = _engine(self.url, self.is_sqlite)
        self._writer = self.engine.execution_options(**{_BEGIN: "BEGIN IMMEDIATE"})

    def _open(self) -> None:
        """Bring the schema up to date; on a full disk open the file for reading only."""
        try:
            with self._excluding_others():
                self._upgrade()
        except (DBAPIError, OSError) as error:
            if not self.is_sqlite or not is_disk_full(self._file, error):
                raise
            self.engine.dispose()
            reader = read_only_engine(self._file)
            if reader is None:
                raise
            with reader.connect() as connection:
                if _revision(connection) != newest_revision():
                    raise
            self._reader = reader

    def _return_to_writing(self) -> None:
        """Reopen a library for writing that was opened read-only, once its disk has free space."""
        if self._reader is None or not has_room(self._file):
            return
        with self._opening, contextlib.suppress(DBAPIError, OSError):
            if self._reader is not None:
                self._connect()
                with self._excluding_others():
                    self._upgrade()
                self._reader.dispose()
                self._reader = None

    @contextlib.contextmanager
    def _excluding_others(self) -> Iterator[None]:
        """Keep other processes from opening a new SQLite file, as changing its journal mode needs exclusive access."""
        if not self.is_sqlite:
            yield
            return
        make_private_folder(self._file.parent)
        with open_private(Path(f"{self._file}.lock"), "wb") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            # SQLite gives its other files the mode of this one.
            open_private(self._file, "ab").close()
            with self.engine.connect() as connection:
                raw: Any = connection.connection.dbapi_connection
                try:
                    raw.execute("PRAGMA journal_mode=WAL")
                except sqlite3.Error as error:  # raised by the driver itself, past SQLAlchemy
                    raise OperationalError("PRAGMA journal_mode", {}, error) from error
            yield

    def _upgrade(self) -> None:
        with self._writer.begin() as connection:
            if not self.is_sqlite:
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _MIGRATION_LOCK})
            found = _revision(connection)
            if found == newest_revision():
                return
            if found is None and not self.is_sqlite:
                _expect_utf8(connection)
            from emotion.library.upgrade import upgrade  # noqa: PLC0415 – loads Alembic, which few processes need

            upgrade(connection)


def _revision(connection: Connection) -> str | None:
    """Return the schema's revision; None for a new database."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found


def _expect_utf8(connection: Connection) -> None:
    """Raise LibraryError for a new PostgreSQL database that cannot store every title."""
    encoding = connection.scalar(text("SHOW server_encoding"))
    if encoding != "UTF8":
        raise LibraryError(
            f"expected a PostgreSQL database with the encoding UTF8; got {encoding}. "
            "Make one with: createdb --encoding=UTF8 --template=template0 NAME"
        )


def _engine(url: URL, is_sqlite: bool) -> Engine:
    if not is_sqlite:
        # Reconnects after a restart of the server instead of failing. If neither client nor server
        # has an encoding, psycopg returns bytes.
        connect_args = {"connect_timeout": BUSY_S, "client_encoding": "utf8"}
        return create_engine(url, pool_pre_ping=True, connect_args=connect_args)
    engine = create_engine(url, connect_args={"timeout": BUSY_S, "check_same_thread": False})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, record: object) -> None:
    del record
    # SQLAlchemy begins transactions below, because the driver begins them late, and not for schema changes.
    connection.isolation_level = None
    for pragma in ("foreign_keys=ON", f"busy_timeout={BUSY_S * 1000}", "synchronous=NORMAL", "secure_delete=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that reads and then writes would fail if another one wrote in between.
    connection.exec_driver_sql(connection.get_execution_options().get(_BEGIN, "BEGIN"))
