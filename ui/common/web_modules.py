"""Joins a component's JavaScript modules into the single module that Streamlit accepts inline."""

from __future__ import annotations

import re
from pathlib import Path

_LINKS = re.compile(r"^(import .*\n|export (?!default))", re.MULTILINE)


def joined_modules(*paths: Path) -> str:
    """Return modules joined into one, without imports and exports except the last default export.

    Args:
        paths: Modules in import order. Top-level names must be unique.
    """
    return "\n".join(_LINKS.sub("", path.read_text(encoding="utf-8")) for path in paths)
