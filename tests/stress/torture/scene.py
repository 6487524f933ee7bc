"""A library on a temporary PostgreSQL server, with dispatchers in separate processes, for tests that kill them."""

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
from emotion.errors import LibraryError
from emotion.library import LOCAL, Entry, Library
from emotion.library.orm import AnalysisRow
from emotion.paths import ROOT

T = TypeVar("T")

RETRY_S = 60.0
"""Time for PostgreSQL to recover, s."""
_OBSERVER = "observer"
"""Application name of this process's own connections, which are never killed."""
_PART_S, _FREE_MB = "0.1", "1"
_PROCESSES = Path("/proc")


class Scene:
    """A library, and the servers that work on its queue.

    Attributes:
        library: The library, opened by this process.
        repository: Its repository of the local owner.
        folder: Folder for everything that the servers write.
        servers: Processes of the servers, killed ones included.
    """

    def __init__(self, folder: Path, postgres: Server, database: str) -> None:
        with postgres.connect() as connection:
            connection.execute(f"CREATE DATABASE {database}")
        self.folder, self._postgres, self._database = folder, postgres, database
        self._url = make_url(postgres.url(database))
        (folder / "tmp").mkdir(parents=True)
        observing = self._url.update_query_dict({"application_name": _OBSERVER})
        self.library = Library.open(observing.render_as_string(hide_password=False), str(folder / "analyses"))
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
            host: Host name for the server, which needs root; None for the name of this machine.
            others: Further environment variables.
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
        """Return the log file of a server, counted from 0; it is beside the folder."""
        return self.folder.with_name(f"{self.folder.name}-server-{server}.log")

    def kill_server(self) -> None:
        """Kill the last server with SIGKILL."""
        server = self.servers[-1]
        server.kill()
        server.wait()

    def worker_of(self, entry: Entry) -> int | None:
        """Return the ID of the process that works on an analysis; None if there is none."""
        with self.library.database.reading() as session:
            pid = session.get_one(AnalysisRow, entry.id).worker_pid
        return pid if pid is not None and entry.id in command_of(pid) else None

    def backends(self) -> list[int]:
        """Return the IDs of PostgreSQL's processes for the servers and their workers."""
        query = "SELECT pid FROM pg_stat_activity WHERE datname = %s AND application_name <> %s ORDER BY pid"
        with self._postgres.connect() as connection:
            return [int(pid) for (pid,) in connection.execute(query, (self._database, _OBSERVER))]

    def cut(self, backend: int) -> None:
        """Terminate one connection."""
        with self._postgres.connect() as connection:
            connection.execute("SELECT pg_terminate_backend(%s)", (backend,))

    def processes(self) -> list[int]:
        """Return the IDs of the library's running processes: the servers and what they started."""
        variable, started = f"EMOTION_LIBRARY={self.folder}\0".encode(), {server.pid for server in self.servers}
        found = [pid for pid in _all_processes() if variable in environment_of(pid)]
        return [pid for pid in found if pid in started or parent_of(pid) != os.getpid()]

    def files(self) -> list[str]:
        """Return the relative paths of all files in the folder."""
        return sorted(str(path.relative_to(self.folder)) for path in self.folder.rglob("*") if path.is_file())

    def close(self) -> None:
        """Kill all processes and close the library."""
        for server in self.servers:
            server.kill()
            server.wait()
        for pid in self.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.library.close()


@contextlib.contextmanager
def scene(folder: Path, postgres: Server, database: str) -> Iterator[Scene]:
    """Open a scene, and set ``EMOTION_LIBRARY`` of this process to its folder for the length of the block."""
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


def retry(call: Callable[[], T]) -> T:
    """Call a function until the database responds, for at most :data:`RETRY_S`.

    Raises:
        LibraryError: The database does not respond in time.
    """
    until = time.monotonic() + RETRY_S
    while True:
        try:
            return call()
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
    """Return the ID of a process's parent; None if the process has ended (proc(5): the second field after its name)."""
    try:
        return int((_PROCESSES / str(pid) / "stat").read_text().rpartition(")")[2].split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return None


def _all_processes() -> list[int]:
    return [int(path.name) for path in _PROCESSES.iterdir() if path.name.isdigit()]
