"""The typeface of pictures and documents, which show names: Noto Sans, with Latin, Greek and Cyrillic letters.

The font files come from the package ``pymupdf-fonts``.
"""

from __future__ import annotations

import io
import tempfile
from functools import cache
from pathlib import Path

import pymupdf_fonts
from PIL import ImageFont

FAMILY = "Noto Sans"
"""Family name in the font files."""

_CODES = {"regular": "notos", "bold": "notosbo"}
"""Weight → name of its file in ``pymupdf_fonts``."""


def font_bytes(*, bold: bool = False) -> bytes:
    """Return the TrueType file."""
    return bytes(pymupdf_fonts.myfont(_CODES["bold" if bold else "regular"]))


@cache
def font_folder() -> Path:
    """Return a folder with both files, for libraries that load fonts from a folder; deleted when the program ends."""
    folder = tempfile.TemporaryDirectory(prefix="expression-fonts-")
    _KEPT.append(folder)
    for weight in _CODES:
        (Path(folder.name) / f"NotoSans-{weight}.ttf").write_bytes(font_bytes(bold=weight == "bold"))
    return Path(folder.name)


_KEPT: list[tempfile.TemporaryDirectory[str]] = []
"""Keeps the temporary folder, which would be deleted once nothing refers to it."""


@cache
def picture_font(size_px: int) -> ImageFont.FreeTypeFont:
    """Return the typeface for drawing on pictures; cached, as it is needed for every frame of a video."""
    return ImageFont.truetype(io.BytesIO(font_bytes()), size_px)
