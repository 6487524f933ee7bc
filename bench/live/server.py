"""A Streamlit server started for one measurement, with its memory, threads and open files."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench.common.process import free_port, resident_mb, streamlit_options, wait_until_served
from emotion.paths import ROOT

_NO_NOTICE = {"EMOTION_NOTICE": "off"}
"""Turns off the notice before the first analysis, which is not measured."""


class Server:
    """A running server.

    Attributes:
        url: Its address.
        process: Its process.
    """

    def __init__(self, script: str, environment: dict[str, str], port: int | None = None) -> None:
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        command = [sys.executable, "-m", "streamlit", "run", script, *streamlit_options(self.port)]
        # A file: a pipe that nobody reads fills up and blocks the server.
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 – closed with the server
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=os.environ | _NO_NOTICE | environment, stdout=subprocess.DEVNULL, stderr=self._log
        )
        wait_until_served(self.url, self.process)

    def memory_mb(self) -> float:
        """Return its resident memory, MB (Linux)."""
        return resident_mb(self.process.pid)

    def threads(self) -> int:
        """Return its number of threads (Linux)."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return int(status.split("Threads:")[1].split()[0])

    def files(self) -> int:
        """Return its number of open files and sockets (Linux)."""
        return len(list(Path(f"/proc/{self.process.pid}/fd").iterdir()))

    def end(self, how: signal.Signals = signal.SIGTERM) -> str:
        """Send it a signal, by default the one that operators send, wait for its end and return its log."""
        self.process.send_signal(how)
        self.process.wait(30)
        with self._log:
            self._log.seek(0)
            return self._log.read().decode()


@contextlib.contextmanager
def running(script: str, **environment: str) -> Iterator[Server]:
    """Run a server for the length of a block.

    Args:
        script: File that Streamlit runs.
        environment: Environment variables to add.
    """
    server = Server(script, environment)
    try:
        yield server
    finally:
        if server.process.poll() is None:
            print(server.end(), file=sys.stderr)
