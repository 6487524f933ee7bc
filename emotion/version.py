"""The program's version and the name of its package."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.metadata import version

from emotion.paths import ROOT

DISTRIBUTION = "facial-expression-analytics"
"""Name of the distribution, for ``pip install``."""


@cache
def program_version() -> str:
    """Return the version of the checkout or, without one, of the installed package."""
    project = ROOT / "pyproject.toml"
    if project.is_file():
        return str(tomllib.loads(project.read_text(encoding="utf-8"))["project"]["version"])
    return version(DISTRIBUTION)
