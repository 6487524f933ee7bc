"""Where the program's own files lie, in a checkout and in an installed package alike."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
"""Folder from which ``emotion`` is imported: a checkout, or the interpreter's site-packages."""

_PACKED = Path(__file__).with_name("_data")
"""Where the wheel has what a checkout has in ``data``."""


def data_dir() -> Path:
    """Return the folder of the files that come with the program: ``models``, ``samples``, ``search``."""
    return _PACKED if _PACKED.is_dir() else ROOT / "data"
