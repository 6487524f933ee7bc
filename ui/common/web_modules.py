"""Helpers for the app's own components: join JavaScript modules into one, and keep the values that they send."""

from __future__ import annotations

import re
from pathlib import Path

_LINKS = re.compile(r"^(import .*\n|export (?!default))", re.MULTILINE)


def keep_value() -> None:
    """Do nothing. Pass it as the callback of a component's value, because Streamlit drops values without one."""


def joined_modules(*paths: Path) -> str:
    """Return modules joined into one, without imports and exports except the last default export.

    Args:
        paths: Modules in import order. Top-level names must be unique.
    """
    return "\n".join(_LINKS.sub("", path.read_text(encoding="utf-8")) for path in paths)
