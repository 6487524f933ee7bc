"""Measurements in a process of their own."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from bench.common.records import ROOT


def run_module(module: str, *arguments: str) -> Any:
    """Run a module as a program and return the JSON that it prints.

    Raises:
        subprocess.CalledProcessError: It failed.
    """
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)
