"""What the tests of the library share: a server of PostgreSQL, empty databases, and analyses that are over."""

from __future__ import annotations

import contextlib
import itertools
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psycopg
import pytest

from emotion.engine.storage import timeline_key
from emotion.library import Entry, JobSettings, Library
from emotion.library.jobs.queue import Claim, claim_next, conclude
from emotion.library.orm import AnalysisRow
from emotion.types import Analysis
from tests.conftest import make_analysis

MakeLibrary = Callable[[], Library]
BOTH = ["sqlite", "postgresql"]
SUPERUSER = "emotion"


def postgres_programs() -> Path | None:
    """The folder of PostgreSQL's server programs, which Debian keeps off the path."""
    with contextlib.suppress(OSError, subprocess.CalledProcessError):
        told = subprocess.run(["pg_config", "--bindir"], capture_output=True, text=True, check=True).stdout.strip()
        if (Path(told) / "initdb").exists():
            return Path(told)
    found = shutil.which("initdb")
    folders = [Path(found).resolve().parent] if found else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((folder for folder in folders if (folder / "initdb").exists() and (folder / "postgres").exists()), None)


@dataclass(frozen=True)
class Server:
    folder: Path

    def url(self, name: str) -> str:
        return f"postgresql+psycopg://{SUPERUSER}@/{name}?host={self.folder}"

    def connect(self, name: str = "postgres") -> psycopg.Connection:
        return psycopg.connect(host=str(self.folder), user=SUPERUSER, dbname=name, autocommit=True)


@contextlib.contextmanager
def running_postgres() -> Iterator[Server]:
    """A server on a socket in a folder of its own; it refuses to run as root, so root lends it to nobody."""
    programs = postgres_programs()
    assert programs is not None, "expected PostgreSQL's server programs"
    nobody = pwd.getpwnam("nobody")
    lend: dict[str, Any] = {"cwd": "/"}
    if os.geteuid() == 0:
        lend |= {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    # Not under pytest's own folder, which nobody else may enter; and a socket's path must be short.
    folder = Path(tempfile.mkdtemp(prefix="emotion-pg-"))
    try:
        if "user" in lend:
            os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        data = folder / "data"
        options = ["-U", SUPERUSER, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]
        subprocess.run([programs / "initdb", "-D", data, *options], check=True, stdout=subprocess.DEVNULL, **lend)
        options = ["-c", "listen_addresses=", "-c", "fsync=off", "-c", f"unix_socket_directories={folder}"]
        with (folder / "log").open("wb") as log:
            running = subprocess.Popen([programs / "postgres", "-D", data, *options], stdout=log, stderr=log, **lend)
        server = Server(folder)
        try:
            _await(server, running)
            yield server
        finally:
            running.terminate()
            running.wait(60)
    finally:
        shutil.rmtree(folder)


def _await(server: Server, running: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        with contextlib.suppress(psycopg.OperationalError), server.connect():
            return
        assert running.poll() is None, (server.folder / "log").read_text()
        time.sleep(0.1)
    raise AssertionError("PostgreSQL did not start within a minute")


_NUMBERS = itertools.count(1)


def empty_database(request: pytest.FixtureRequest, folder: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{folder / 'own library.db'}"
    server: Server = request.getfixturevalue("postgres")
    name = f"test_{next(_NUMBERS)}"
    with server.connect() as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return server.url(name)


def end(library: Library, claim: Claim, analysis: Analysis) -> None:
    """Bring a claim to its end with a made-up result, by the way that a worker goes."""
    entry_settings = library.get(claim.id, owner=_owner(library, claim)).settings
    library.parts(claim.id).append(
        replace(analysis, settings=analysis.settings | {"every": entry_settings.every}), None
    )
    library.parts(claim.id).assemble(timeline_key(claim.id), analysis.note)
    conclude(library, claim)


def _owner(library: Library, claim: Claim) -> str:
    with library.database.reading() as session:
        return session.get_one(AnalysisRow, claim.id).owner


def put(
    library: Library,
    video: Path,
    name: str = "talk.mp4",
    settings: JobSettings | None = None,
    analysis: Analysis | None = None,
    **options: object,
) -> Entry:
    """Add a video and end its analysis with a result."""
    entry = library.add(video, name, settings, **options)  # type: ignore[arg-type]
    claim = claim_next(library, 1)
    assert claim is not None
    assert claim.id == entry.id
    end(library, claim, analysis or make_analysis([["happiness"]] * 4 + [[]] * 2 + [["neutral", "surprise"]] * 4))
    return library.get(entry.id, owner=entry.owner)
