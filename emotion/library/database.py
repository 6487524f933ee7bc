"""Sessions on SQLite or PostgreSQL, with an up-to-date schema."""

from __future__ import annotations

import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import URL, Connection, Engine, create_engine, event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoFreeConnection
from sqlalchemy.orm import Session

from emotion.errors import LibraryError

BUSY_S = 30
"""How long a writer waits for another, s."""
_MIGRATIONS = Path(__file__).with_name("migrations")
_BEGIN = "emotion_begin"
_MIGRATION_LOCK, WORK_LOCK, QUEUE_LOCK = 0x656D6F74, 0x656D6F75, 0x656D6F76
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
        self.engine = _engine(url, self.is_sqlite)
        self._writer = self.engine.execution_options(**{_BEGIN: "BEGIN IMMEDIATE"})
        try:
            with _database_errors(self.url), self._alone():
                self._upgrade()
        except OSError as error:
            raise LibraryError(f"the library's database cannot be opened: {error.strerror or error}") from error

    @contextlib.contextmanager
    def reading(self) -> Iterator[Session]:
        """Yield a session that only reads.

        Raises:
            LibraryError: The database does not answer.
        """
        with _database_errors(self.url), Session(self.engine) as session:
            yield session

    @contextlib.contextmanager
    def writing(self, lock: int | None = None) -> Iterator[Session]:
        """Yield a session that commits when the block succeeds, and else rolls back.

        Args:
            lock: Number of a lock that only one block in all processes holds at a time.

        Raises:
            LibraryError: The database does not answer.
        """
        with _database_errors(self.url), Session(self._writer, expire_on_commit=False) as session, session.begin():
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
        with (
            _database_errors(self.url),
            self.engine.connect().execution_options(**options) as connection,
            connection.begin(),
        ):
            yield connection

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep other processes from opening a new SQLite file, as changing its journal mode needs exclusive access."""
        if not self.is_sqlite:
            yield
            return
        Path(str(self.url.database)).parent.mkdir(parents=True, exist_ok=True)
        with Path(f"{self.url.database}.lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            with self.engine.connect() as connection:
                raw: Any = connection.connection.dbapi_connection
                raw.execute("PRAGMA journal_mode=WAL")
            yield

    def _upgrade(self) -> None:
        config = Config()
        config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
        newest = ScriptDirectory.from_config(config).get_current_head()
        with self._writer.begin() as connection:
            if not self.is_sqlite:
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _MIGRATION_LOCK})
            if _revision(connection) == newest:
                return
            config.attributes["connection"] = connection
            try:
                command.upgrade(config, "head")
            except CommandError as error:
                raise LibraryError(
                    "expected a library made by this version or an older one; a newer one has changed it"
                ) from error


def revisions() -> list[str]:
    """Return all schema revisions, the current one first."""
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    return [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()]


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _engine(url: URL, is_sqlite: bool) -> Engine:
    if not is_sqlite:
        # Reconnects after a restart of the server instead of failing.
        return create_engine(url, pool_pre_ping=True, connect_args={"connect_timeout": BUSY_S})
    engine = create_engine(url, connect_args={"timeout": BUSY_S, "check_same_thread": False})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, record: object) -> None:
    del record
    # SQLAlchemy begins transactions below, as the driver begins them late, and not for schema changes.
    connection.isolation_level = None
    for pragma in ("foreign_keys=ON", f"busy_timeout={BUSY_S * 1000}", "synchronous=NORMAL", "secure_delete=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that reads and then writes would fail if another one wrote in between.
    connection.exec_driver_sql(connection.get_execution_options().get(_BEGIN, "BEGIN"))


@contextlib.contextmanager
def _database_errors(url: URL) -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        reason = str(error.orig).strip().splitlines()[0] if str(error.orig).strip() else type(error.orig).__name__
        where = url.render_as_string(hide_password=True)
        raise LibraryError(f"the library's database at {where} does not answer as expected: {reason}") from error
    except NoFreeConnection as error:
        raise LibraryError("the library's database is so busy that no connection to it is free; try again") from error
