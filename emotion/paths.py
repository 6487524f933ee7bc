"""Folders of the program's own files, in a checkout and in an installed package."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
"""Folder that ``emotion`` is imported from: a checkout, or the interpreter's site-packages."""

_DATA = Path(__file__).with_name("_data")
_APP = Path(__file__).with_name("_app")
"""Folders of a wheel for what a checkout has in ``data`` and beside ``emotion``."""


def data_dir() -> Path:
    """Return the folder of the program's data files: ``models``, ``search``, and in a wheel ``mediapipe``."""
    return _DATA if _DATA.is_dir() else ROOT / "data"


def app_dir() -> Path:
    """Return the folder of ``server.py``, ``pages`` and ``ui``."""
    return _APP if _APP.is_dir() else ROOT
