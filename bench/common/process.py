"""Runs measurements in separate processes, reads their peak memory, finds free ports and waits for servers."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from emotion.paths import ROOT


def run_module(module: str, *arguments: str, variables: Mapping[str, str] | None = None) -> Any:
    """Run a module in a new process and return the JSON that it prints.

    Args:
        module: Name of the module.
        arguments: Its command line.
        variables: Environment variables beside those of this process.

    Raises:
        subprocess.CalledProcessError: The process failed.
    """
    command = [sys.executable, "-m", module, *arguments]
    environment = {**os.environ, **(variables or {})}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def peak_mb(pid: int | str = "self") -> float:
    """Return the peak resident memory of a process, by default this one, in MB (Linux); 0 if it has ended.

    ``ru_maxrss`` would not do: a process inherits it from its parent.
    """
    return _memory_mb(pid, "VmHWM")


def resident_mb(pid: int) -> float:
    """Return the resident memory of a process in MB (Linux); 0 if it has ended."""
    return _memory_mb(pid, "VmRSS")


def _memory_mb(pid: int | str, figure: str) -> float:
    try:
        return int(Path(f"/proc/{pid}/status").read_text(encoding="ascii").split(f"{figure}:")[1].split()[0]) / 1024
    except (OSError, IndexError):
        return 0.0


def free_port() -> int:
    """Return a TCP port on which no program listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def streamlit_options(port: int) -> list[str]:
    """Return options that make Streamlit serve this machine only and open no browser."""
    return ["--server.port", str(port), "--server.address", "127.0.0.1", "--server.headless", "true"]


def wait_until_served(url: str, server: subprocess.Popen[bytes]) -> None:
    """Wait until a Streamlit server answers at its address, which includes its base path.

    Raises:
        RuntimeError: It ended, or does not answer within 30 s.
    """
    for _ in range(300):
        if server.poll() is not None:
            raise RuntimeError("the server ended while starting")
        with contextlib.suppress(urllib.error.URLError, TimeoutError, ConnectionError):
            urllib.request.urlopen(f"{url}/_stcore/health", timeout=1).close()
            return
        time.sleep(0.1)
    raise RuntimeError("the server does not answer")
