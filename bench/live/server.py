"""A Streamlit server of its own for a measurement, and what it costs."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


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
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=os.environ | environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
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

    def stop(self) -> str:
        """Stop it as an operator would, and return what it wrote about errors."""
        self.process.terminate()
        return self.process.communicate(timeout=30)[1].decode()


@contextlib.contextmanager
def running(script: str, **environment: str) -> Iterator[Server]:
    """Run a server for a while; it has no library but its own."""
    server = Server(script, environment)
    try:
        yield server
    finally:
        if server.process.poll() is None:
            server.stop()


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
