"""Which version of the program this is."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path


@cache
def program_version() -> str:
    """Return the version in ``pyproject.toml``, the one place where it is written."""
    project = Path(__file__).resolve().parents[1] / "pyproject.toml"
    return str(tomllib.loads(project.read_text(encoding="utf-8"))["project"]["version"])
