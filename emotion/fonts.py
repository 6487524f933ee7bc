"""The typeface of pictures and documents that must show any name: Noto Sans, which knows Latin, Greek and Cyrillic.

The package ``pymupdf-fonts`` carries it, so that no font file lies in this repository.
"""

from __future__ import annotations

import io
import tempfile
from functools import cache
from pathlib import Path

import pymupdf_fonts
from PIL import ImageFont

FAMILY = "Noto Sans"
"""The name under which the files register themselves."""

_CODES = {"regular": "notos", "bold": "notosbo"}
"""The package's names of the two files."""


def font_bytes(*, bold: bool = False) -> bytes:
    """Return the TrueType file."""
    return bytes(pymupdf_fonts.myfont(_CODES["bold" if bold else "regular"]))


@cache
def font_folder() -> Path:
    """Return a folder that holds both files, for libraries that want one; it goes when the program ends."""
    folder = tempfile.TemporaryDirectory(prefix="expression-fonts-")
    _KEPT.append(folder)
    for weight in _CODES:
        (Path(folder.name) / f"NotoSans-{weight}.ttf").write_bytes(font_bytes(bold=weight == "bold"))
    return Path(folder.name)


_KEPT: list[tempfile.TemporaryDirectory[str]] = []
"""Temporary folders are removed as soon as nobody holds them."""


@cache
def picture_font(size_px: int) -> ImageFont.FreeTypeFont:
    """Return the typeface for drawing on pictures; kept, as a video asks for it with every frame."""
    return ImageFont.truetype(io.BytesIO(font_bytes()), size_px)
