"""One way to talk to SQLite and to PostgreSQL: sessions that read or write, and an up-to-date schema."""

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
"""How long a writer waits for another one."""
_MIGRATIONS = Path(__file__).with_name("migrations")
_BEGIN = "emotion_begin"
_MIGRATION_LOCK, WORK_LOCK, QUEUE_LOCK = 0x656D6F74, 0x656D6F75, 0x656D6F76
"""PostgreSQL's advisory locks have numbers for names."""


class Database:
    """A database whose schema is this program's.

    Args:
        url: See :func:`emotion.settings.database_url`.

    Raises:
        LibraryError: It cannot be opened, or a newer version of this program made it.
    """

    def __init__(self, url: URL) -> None:
        self.is_sqlite = url.get_backend_name() == "sqlite"
        if self.is_sqlite:
            url = url.set(database=str(Path(str(url.database)).absolute()))
        self.url = url
        self.engine = _engine(url, self.is_sqlite)
        self._writer = self.engine.execution_options(**{_BEGIN: "BEGIN IMMEDIATE"})
        try:
            with _told(self.url), self._alone():
                self._upgrade()
        except OSError as error:
            raise LibraryError(f"the library's database cannot be opened: {error.strerror or error}") from error

    @contextlib.contextmanager
    def reading(self) -> Iterator[Session]:
        """Give a session that only reads.

        Raises:
            LibraryError: The database does not answer.
        """
        with _told(self.url), Session(self.engine) as session:
            yield session

    @contextlib.contextmanager
    def writing(self, lock: int | None = None) -> Iterator[Session]:
        """Give a session whose changes are kept when the block ends well, all or none.

        Args:
            lock: Among the blocks with the same number only one runs at a time, over all processes.

        Raises:
            LibraryError: The database does not answer.
        """
        with _told(self.url), Session(self._writer, expire_on_commit=False) as session, session.begin():
            # SQLite has one writer at a time anyway.
            if lock is not None and not self.is_sqlite:
                session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": lock})
            yield session

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """Give a connection that sees all tables as they are at one moment, whatever others write meanwhile.

        Raises:
            LibraryError: The database does not answer.
        """
        # SQLite's readers see the moment of their first look anyway.
        options = {} if self.is_sqlite else {"isolation_level": "REPEATABLE READ"}
        with _told(self.url), self.engine.connect().execution_options(**options) as connection, connection.begin():
            yield connection

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep other processes from opening a new SQLite file at the same time: its journal mode changes alone only."""
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
    """Return the names of all shapes that the tables ever had, today's first."""
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    return [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()]


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _engine(url: URL, is_sqlite: bool) -> Engine:
    if not is_sqlite:
        # A server that was restarted is asked again instead of being reported.
        return create_engine(url, pool_pre_ping=True, connect_args={"connect_timeout": BUSY_S})
    engine = create_engine(url, connect_args={"timeout": BUSY_S, "check_same_thread": False})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, record: object) -> None:
    del record
    # SQLAlchemy begins transactions itself, below: the driver would begin them late, and not for schema changes.
    connection.isolation_level = None
    for pragma in ("foreign_keys=ON", f"busy_timeout={BUSY_S * 1000}", "synchronous=NORMAL", "secure_delete=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that reads first and then writes fails at once where another one wrote in between.
    connection.exec_driver_sql(connection.get_execution_options().get(_BEGIN, "BEGIN"))


@contextlib.contextmanager
def _told(url: URL) -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        reason = str(error.orig).strip().splitlines()[0] if str(error.orig).strip() else type(error.orig).__name__
        where = url.render_as_string(hide_password=True)
        raise LibraryError(f"the library's database at {where} does not answer as expected: {reason}") from error
    except NoFreeConnection as error:
        raise LibraryError("the library's database is so busy that no connection to it is free; try again") from error
