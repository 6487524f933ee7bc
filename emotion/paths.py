"""Folders of the program's own files, in a checkout and in an installed package."""

from __future__ import annotations

from pathlib import Path

from platformdirs import user_data_path

ROOT = Path(__file__).resolve().parents[1]
"""Folder that ``emotion`` is imported from: a checkout, or the interpreter's site-packages."""

_DATA = Path(__file__).with_name("_data")
_APP = Path(__file__).with_name("_app")
"""Folders of an installed wheel: the content of ``data`` and the app, which in a checkout is beside ``emotion``."""


def is_checkout() -> bool:
    """Return whether the program runs from a checkout, not from an installed package."""
    return not _DATA.is_dir()


def user_dir() -> Path:
    """Return the user's data folder, on Linux ``~/.local/share/emotion``."""
    return user_data_path("emotion", appauthor=False)


def work_dir() -> Path:
    """Return the folder for what training writes: ``data`` of a checkout, otherwise the user's data folder."""
    return ROOT / "data" if is_checkout() else user_dir()


def data_dir() -> Path:
    """Return the folder of the program's data files: ``models``, ``search``, and in a wheel ``mediapipe``."""
    return ROOT / "data" if is_checkout() else _DATA


def app_dir() -> Path:
    """Return the folder of ``server.py``, ``pages`` and ``ui``."""
    return _APP if _APP.is_dir() else ROOT


def unicode_name(name: str) -> str:
    """Return a file name in which ``%FF`` and the like replace bytes that are not UTF-8, which JSON cannot store."""
    return "".join(f"%{ord(sign) & 0xFF:02X}" if "\ud800" <= sign <= "\udfff" else sign for sign in name)
