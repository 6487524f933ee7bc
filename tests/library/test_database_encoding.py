"""A PostgreSQL database that cannot store every title is refused before anything is in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.common.postgres import Server
from emotion.errors import LibraryError
from emotion.library import Library


@pytest.mark.parametrize("encoding", ["SQL_ASCII", "LATIN1"])
def test_another_encoding_is_refused(postgres: Server, tmp_path: Path, encoding: str) -> None:
    """Debian's PostgreSQL has SQL_ASCII where no locale is set; opening such a library ended in a traceback."""
    name = f"encoding_{encoding.lower()}"
    with postgres.connect() as connection:
        connection.execute(f"CREATE DATABASE {name} ENCODING '{encoding}' TEMPLATE template0 LOCALE 'C'")
    with pytest.raises(LibraryError, match=f"with the encoding UTF8; got {encoding}"):
        Library.open(postgres.url(name), str(tmp_path))
