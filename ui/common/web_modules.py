"""Joins a component's browser modules into the one that Streamlit takes from an app that is not installed."""

from __future__ import annotations

import re
from pathlib import Path

_LINKS = re.compile(r"^(import .*\n|export (?!default))", re.MULTILINE)


def joined_modules(*paths: Path) -> str:
    """Return ordinary modules as one: their imports and exports go, and the last one's default export stays.

    Args:
        paths: In the order of their imports. No two may use the same name.
    """
    return "\n".join(_LINKS.sub("", path.read_text(encoding="utf-8")) for path in paths)
