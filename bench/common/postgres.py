"""A PostgreSQL server of one's own for as long as it is needed: for benchmarks and tests alike."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

SUPERUSER = "emotion"


def postgres_programs() -> Path | None:
    """Return the folder of PostgreSQL's server programs, which Debian keeps off the path."""
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
    """A server on a socket in a folder."""

    folder: Path

    def url(self, name: str) -> str:
        """Return the URL of one of its databases."""
        return f"postgresql+psycopg://{SUPERUSER}@/{name}?host={self.folder}"

    def connect(self, name: str = "postgres") -> psycopg.Connection:
        """Return a connection to one of its databases."""
        return psycopg.connect(host=str(self.folder), user=SUPERUSER, dbname=name, autocommit=True)


@contextlib.contextmanager
def running_postgres() -> Iterator[Server]:
    """Start a server on a socket in a folder of its own; it refuses to run as root, so root lends it to nobody."""
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
