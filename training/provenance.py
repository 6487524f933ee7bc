"""Where a figure comes from: command, commit and hardware."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

from emotion.paths import ROOT, is_checkout


def command() -> str:
    """Return the running command, with absolute paths reduced to file names, because folders differ by machine."""
    words = [Path(word).name if Path(word).is_absolute() else word for word in sys.argv[1:]]
    return " ".join(["python -m training", *words])


def commit() -> str:
    """Return the project's commit, or ``"unknown"`` outside a checkout."""
    if not is_checkout():
        return "unknown"  # git would answer for a repository that the environment happens to be in
    try:
        answer = subprocess.run(
            ["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True, timeout=10
        )
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return answer.stdout.strip()


def record() -> dict[str, Any]:
    """Return what every record of a measurement states: ``command``, ``commit`` and ``hardware``."""
    return {"command": command(), "commit": commit(), "hardware": hardware()}


def hardware() -> dict[str, Any]:
    """Return the processor's name and the number of cores this process may use."""
    return {"cpu": _cpu_name(), "cores": len(os.sched_getaffinity(0)), "machine": platform.machine()}


def _cpu_name() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or "unknown"
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "unknown")
