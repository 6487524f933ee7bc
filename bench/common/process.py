"""Runs measurements in separate processes, reads the peak memory of a process, and finds free ports."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
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
