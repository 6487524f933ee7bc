"""A Streamlit server of its own for a measurement, and what it costs."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_UNASKED = {"EMOTION_NOTICE": "off"}
"""What is measured is not the notice before the first analysis."""


class Server:
    """A running server.

    Attributes:
        url: Its address.
        process: It.
    """

    def __init__(self, script: str, environment: dict[str, str], port: int | None = None) -> None:
        self.port = port or _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        options = ["--server.port", str(self.port), "--server.address", "127.0.0.1", "--server.headless", "true"]
        command = [sys.executable, "-m", "streamlit", "run", script, *options]
        # A file, as a pipe that nobody reads fills up and stops the server.
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 – closed with the server
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=os.environ | _UNASKED | environment, stdout=subprocess.DEVNULL, stderr=self._log
        )
        self._wait()

    def memory_mb(self) -> float:
        """Return its resident memory in MB (Linux)."""
        return int(self._status("VmRSS")) / 1024

    def threads(self) -> int:
        """Return how many threads it has (Linux)."""
        return int(self._status("Threads"))

    def files(self) -> int:
        """Return how many files and sockets it has open (Linux)."""
        return len(list(Path(f"/proc/{self.process.pid}/fd").iterdir()))

    def _status(self, name: str) -> str:
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return status.split(f"{name}:")[1].split()[0]

    def _wait(self) -> None:
        for _ in range(300):
            if self.process.poll() is not None:
                raise RuntimeError("the server ended while starting")
            with contextlib.suppress(urllib.error.URLError, TimeoutError, ConnectionError):
                urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=1).close()
                return
            time.sleep(0.1)
        raise RuntimeError("the server does not answer")

    def end(self, how: signal.Signals = signal.SIGTERM) -> str:
        """End it, as an operator would if nothing else is said, and return what it wrote."""
        self.process.send_signal(how)
        self.process.wait(30)
        with self._log:
            self._log.seek(0)
            return self._log.read().decode()


@contextlib.contextmanager
def running(script: str, **environment: str) -> Iterator[Server]:
    """Run a server for a while; it has no library but its own."""
    server = Server(script, environment)
    try:
        yield server
    finally:
        if server.process.poll() is None:
            print(server.end(), file=sys.stderr)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
