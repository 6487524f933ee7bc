"""Helpers for the app's own components: read their files, join JavaScript modules, and keep the values they send."""

from __future__ import annotations

import re
from pathlib import Path

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

_LINKS = re.compile(r"^(import .*\n|export (?!default))", re.MULTILINE)


def component(name: str, module: str, files: str, *, js: str | None = None) -> ComponentRenderer:
    """Return the mounting command of a component whose files lie in the folder ``web`` beside a module.

    Args:
        name: Its name in Streamlit, unique in the app.
        module: ``__file__`` of the module.
        files: Name of its files without a suffix; ``.html`` and ``.css`` may be missing.
        js: Its script, if it is not in the one ``.js`` file.
    """
    part = Path(module).with_name("web") / files
    page, style = _text_if_any(part.with_suffix(".html")), _text_if_any(part.with_suffix(".css"))
    script = js or part.with_suffix(".js").read_text(encoding="utf-8")
    return st.components.v2.component(name, html=page, css=style, js=script)


def keep_value() -> None:
    """Do nothing. Pass it as the callback of a component's value, because Streamlit drops values without one."""


def joined_modules(*paths: Path) -> str:
    """Return modules joined into one, without imports and exports except the last default export.

    Args:
        paths: Modules in import order. Top-level names must be unique.
    """
    return "\n".join(_LINKS.sub("", path.read_text(encoding="utf-8")) for path in paths)


def _text_if_any(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None
