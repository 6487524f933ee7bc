"""A library on a PostgreSQL of its own, with dispatchers in processes of their own, and what they leave behind."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import psycopg
from sqlalchemy import make_url

from bench.common.postgres import Server
from bench.common.records import ROOT
from emotion.errors import LibraryError
from emotion.library import LOCAL, Entry, Library
from emotion.library.orm import AnalysisRow

T = TypeVar("T")

PATIENCE_S = 60.0
"""How long PostgreSQL may take to come back."""
_WATCHER = "watcher"
"""What the connections are called that only look on, and are left alone."""
_PART_S, _FREE_MB = "0.1", "1"
_PROCESSES = Path("/proc")


class Scene:
    """A library, and the servers that work on its queue.

    Attributes:
        library: As who looks on sees it.
        repository: Its analyses, all of the local owner.
        folder: Of everything that the servers write.
        servers: Their processes, those that were killed too.
    """

    def __init__(self, folder: Path, postgres: Server, database: str) -> None:
        with postgres.connect() as connection:
            connection.execute(f"CREATE DATABASE {database}")
        self.folder, self._postgres, self._database = folder, postgres, database
        self._url = make_url(postgres.url(database))
        (folder / "tmp").mkdir(parents=True)
        watching = self._url.update_query_dict({"application_name": _WATCHER})
        self.library = Library.open(watching.render_as_string(hide_password=False), str(folder / "analyses"))
        self.repository = self.library.for_owner(LOCAL)
        self.servers: list[subprocess.Popen[bytes]] = []

    def environment(self, **others: str) -> dict[str, str]:
        """Return the environment of a server."""
        own = {
            "EMOTION_LIBRARY": str(self.folder),
            "EMOTION_DATABASE_URL": self._url.render_as_string(hide_password=False),
            "EMOTION_STORAGE_URL": str(self.folder / "analyses"),
            "EMOTION_PART_S": _PART_S,
            "EMOTION_FREE_MB": _FREE_MB,
            "EMOTION_LOG_FORMAT": "json",
            "TMPDIR": str(self.folder / "tmp"),
        }
        return os.environ | own | others

    def start_server(self, host: str | None = None, **others: str) -> subprocess.Popen[bytes]:
        """Start a dispatcher.

        Args:
            host: What its machine is called, which Linux lets root say; None for this machine's own name.
            others: More of its environment.
        """
        command = [sys.executable, "-m", "tests.stress.torture.dispatcher"]
        if host is not None:
            command = ["unshare", "--uts", "sh", "-c", 'hostname "$0" && exec "$@"', host, *command]
        with self.log(len(self.servers)).open("wb") as log:
            server = subprocess.Popen(
                command, cwd=ROOT, env=self.environment(**others), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip
        self.servers.append(server)
        return server

    def log(self, server: int) -> Path:
        """Return where a server, counted from 0, writes its log: beside the folder."""
        return self.folder.with_name(f"{self.folder.name}-server-{server}.log")

    def kill_server(self, server: subprocess.Popen[bytes] | None = None) -> None:
        """Kill a server, or the last one, as nothing can be heard before it is over."""
        server = server or self.servers[-1]
        server.kill()
        server.wait()

    def worker_of(self, entry: Entry) -> int | None:
        """Return the process that works on an analysis; None if there is none."""
        with self.library.database.reading() as session:
            pid = session.get_one(AnalysisRow, entry.id).worker_pid
        return pid if pid is not None and entry.id in command_of(pid) else None

    def backends(self) -> list[int]:
        """Return the processes of PostgreSQL that answer the servers and their workers."""
        query = "SELECT pid FROM pg_stat_activity WHERE datname = %s AND application_name <> %s ORDER BY pid"
        with self._postgres.connect() as connection:
            return [int(pid) for (pid,) in connection.execute(query, (self._database, _WATCHER))]

    def cut(self, backend: int) -> None:
        """Have PostgreSQL end one connection."""
        with self._postgres.connect() as connection:
            connection.execute("SELECT pg_terminate_backend(%s)", (backend,))

    def processes(self) -> list[int]:
        """Return all living processes that belong to this library, but for what this process started to look on."""
        mine, started = f"EMOTION_LIBRARY={self.folder}\0".encode(), {server.pid for server in self.servers}
        found = [pid for pid in _all_processes() if mine in environment_of(pid)]
        return [pid for pid in found if pid in started or parent_of(pid) != os.getpid()]

    def files(self) -> list[str]:
        """Return every file below the folder, as paths in it."""
        return sorted(str(path.relative_to(self.folder)) for path in self.folder.rglob("*") if path.is_file())

    def close(self) -> None:
        """End whatever still runs."""
        for server in self.servers:
            server.kill()
            server.wait()
        for pid in self.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.library.close()


@contextlib.contextmanager
def scene(folder: Path, postgres: Server, database: str) -> Iterator[Scene]:
    """Set a scene; for as long, this process takes the scene's folder for its library's."""
    before = os.environ.get("EMOTION_LIBRARY")
    os.environ["EMOTION_LIBRARY"] = str(folder)
    try:
        with contextlib.closing(Scene(folder, postgres, database)) as opened:
            yield opened
    finally:
        if before is None:
            del os.environ["EMOTION_LIBRARY"]
        else:
            os.environ["EMOTION_LIBRARY"] = before


def patiently(ask: Callable[[], T]) -> T:
    """Return an answer of a database that may be away for a while.

    Raises:
        LibraryError: It is away for a minute.
    """
    until = time.monotonic() + PATIENCE_S
    while True:
        try:
            return ask()
        except (LibraryError, psycopg.OperationalError):
            if time.monotonic() > until:
                raise
            time.sleep(0.2)


def command_of(pid: int) -> str:
    """Return the command line of a process; empty if it has ended."""
    try:
        return (_PROCESSES / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return ""


def environment_of(pid: int) -> bytes:
    """Return the environment of a process; empty if it has ended or is not ours."""
    try:
        return (_PROCESSES / str(pid) / "environ").read_bytes()
    except OSError:
        return b""


def parent_of(pid: int) -> int | None:
    """Return the process that started another one; None if it has ended (proc(5): the second field behind its name)."""
    try:
        return int((_PROCESSES / str(pid) / "stat").read_text().rpartition(")")[2].split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return None


def _all_processes() -> list[int]:
    return [int(path.name) for path in _PROCESSES.iterdir() if path.name.isdigit()]
