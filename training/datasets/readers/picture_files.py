"""Reads picture files and lists folders."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from emotion.errors import InputError
from emotion.input_files import is_litter
from emotion.types import Image
from emotion.vision.decode.formats import ENDINGS
from emotion.vision.decode.image import load_image
from training.datasets.samples import BrokenRowError


def read_picture(path: Path) -> Image:
    """Return a picture as ``(H, W, 3)`` RGB, upright and opaque.

    Raises:
        BrokenRowError: It is not a readable picture.
    """
    if path.suffix.lower() not in ENDINGS:
        raise BrokenRowError("a picture file", path.suffix or "no suffix")
    try:
        return load_image(path)
    except InputError as error:
        raise BrokenRowError("a picture that can be read", error) from error


def subfolders(folder: Path) -> list[Path]:
    """Return the folders in a folder, sorted, without system folders."""
    return sorted(path for path in folder.iterdir() if path.is_dir() and not is_litter(path.name))


def files_below(folder: Path) -> Iterator[Path]:
    """Yield the files in a folder and its subfolders, sorted, without system files."""
    for path in sorted(folder.iterdir()):
        if is_litter(path.name):
            continue
        if path.is_dir():
            yield from files_below(path)
        else:
            yield path
