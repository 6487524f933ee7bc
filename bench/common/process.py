"""Runs measurements in separate processes, and reads the peak memory of a process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.common.records import ROOT


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


def peak_mb() -> float:
    """Return this process's peak resident memory in MB (Linux).

    ``ru_maxrss`` would not do: a process inherits it from its parent.
    """
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:")[1].split()[0]) / 1024
