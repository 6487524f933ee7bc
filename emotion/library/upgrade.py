"""Brings a database's schema up to date with Alembic."""

from __future__ import annotations

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection

from emotion.errors import LibraryError
from emotion.library.revisions import MIGRATIONS


def upgrade(connection: Connection) -> None:
    """Run the migrations that a database lacks.

    Args:
        connection: A connection in a transaction.

    Raises:
        LibraryError: A newer version of the program made the database.
    """
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise LibraryError(
            "expected a library made by this version or an older one; a newer one has changed it"
        ) from error
