"""Starts a temporary PostgreSQL server for benchmarks and tests."""

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
    """Return the folder of PostgreSQL's server programs, which Debian keeps off the PATH; None if there is none."""
    with contextlib.suppress(OSError, subprocess.CalledProcessError):
        bindir = subprocess.run(["pg_config", "--bindir"], capture_output=True, text=True, check=True).stdout.strip()
        if (Path(bindir) / "initdb").exists():
            return Path(bindir)
    found = shutil.which("initdb")
    folders = [Path(found).resolve().parent] if found else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((folder for folder in folders if (folder / "initdb").exists() and (folder / "postgres").exists()), None)


@dataclass(frozen=True)
class Server:
    """A running server that listens on a Unix socket in a folder."""

    folder: Path

    def url(self, name: str) -> str:
        """Return the URL of one of its databases."""
        return f"postgresql+psycopg://{SUPERUSER}@/{name}?host={self.folder}"

    def connect(self, name: str = "postgres") -> psycopg.Connection:
        """Return a connection to one of its databases."""
        return psycopg.connect(host=str(self.folder), user=SUPERUSER, dbname=name, autocommit=True)


@contextlib.contextmanager
def running_postgres() -> Iterator[Server]:
    """Run a server on a Unix socket in a temporary folder; for root as the user nobody, because it refuses root."""
    programs = postgres_programs()
    assert programs is not None, "expected PostgreSQL's server programs"
    nobody = pwd.getpwnam("nobody")
    run_as: dict[str, Any] = {"cwd": "/"}
    if os.geteuid() == 0:
        run_as |= {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    # Not in pytest's folder, which other users cannot enter; the path of a socket must also be short.
    folder = Path(tempfile.mkdtemp(prefix="emotion-pg-"))
    try:
        if "user" in run_as:
            os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        data = folder / "data"
        options = ["-U", SUPERUSER, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]
        subprocess.run([programs / "initdb", "-D", data, *options], check=True, stdout=subprocess.DEVNULL, **run_as)
        options = ["-c", "listen_addresses=", "-c", "fsync=off", "-c", f"unix_socket_directories={folder}"]
        with (folder / "log").open("wb") as log:
            running = subprocess.Popen([programs / "postgres", "-D", data, *options], stdout=log, stderr=log, **run_as)
        server = Server(folder)
        try:
            _wait_for(server, running)
            yield server
        finally:
            running.terminate()
            running.wait(60)
    finally:
        shutil.rmtree(folder)


def _wait_for(server: Server, running: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        with contextlib.suppress(psycopg.OperationalError), server.connect():
            return
        assert running.poll() is None, (server.folder / "log").read_text()
        time.sleep(0.1)
    raise AssertionError("PostgreSQL did not start within a minute")
