"""Runs measurements in separate processes, and reads the peak memory of a process."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from bench.common.records import ROOT


def run_module(module: str, *arguments: str) -> Any:
    """Run a module in a new process and return the JSON that it prints.

    Raises:
        subprocess.CalledProcessError: The process failed.
    """
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def peak_mb() -> float:
    """Return this process's peak resident memory in MB (Linux).

    ``ru_maxrss`` would not do: a process inherits it from its parent.
    """
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:")[1].split()[0]) / 1024
