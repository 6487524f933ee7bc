"""Which version of the program this is."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.metadata import version

from emotion.paths import ROOT

DISTRIBUTION = "facial-expression-analytics"
"""Name of the package on an index."""


@cache
def program_version() -> str:
    """Return the version in ``pyproject.toml``: a checkout's own, or what was installed from it."""
    project = ROOT / "pyproject.toml"
    if project.is_file():
        return str(tomllib.loads(project.read_text(encoding="utf-8"))["project"]["version"])
    return version(DISTRIBUTION)
