"""Loads pictures from files, bytes or arrays: upright, opaque, 8-bit RGB."""

from __future__ import annotations

import os
from pathlib import Path
from typing import IO, Any, TypeAlias

import numpy as np
from PIL import Image as Pillow

from emotion.errors import ImageError, brief
from emotion.types import Image
from emotion.vision.decode.arrays import read_array
from emotion.vision.decode.formats import EXPECTED
from emotion.vision.decode.reading import read_bytes, read_pillow

Picture: TypeAlias = str | os.PathLike[str] | bytes | bytearray | memoryview | IO[bytes] | Pillow.Image | np.ndarray

_UNNAMED = "the picture"


def load_image(source: Picture) -> Image:
    """Return a picture as ``(H, W, 3)`` uint8 RGB.

    EXIF rotation is applied, transparency is blended over white, deep and palette pictures become 8-bit RGB, HDR and
    colour profiles and gammas that change the brightness visibly become sRGB, and an animation gives its first frame.

    Args:
        source: A path, the bytes of a file, a file opened for binary reading (read from its start if it is seekable),
            a Pillow picture, or an array, see :func:`emotion.vision.decode.arrays.read_array`. Objects with
            ``__array__``, such as tensors, count as arrays.

    Raises:
        ImageError: It is not a picture, damaged or of an unsupported kind.
        TooLargeError: It has more pixels than the settings allow (:mod:`emotion.limits`).
    """
    if isinstance(source, Pillow.Image):
        return read_pillow(source, _UNNAMED)
    if isinstance(source, bytes | bytearray | memoryview):
        return load_bytes(bytes(source))
    if isinstance(source, str | os.PathLike):
        return load_bytes(*_read_path(source))
    if hasattr(source, "__array__"):
        return read_array(np.asarray(source), _UNNAMED)
    if hasattr(source, "read"):
        return load_bytes(_read_file(source))
    expected = "a path, bytes, an open binary file, a Pillow picture or an array"
    raise ImageError(f"expected a picture as {expected}; got {type(source).__name__}")


def load_bytes(content: bytes, name: str = _UNNAMED) -> Image:
    """Read a picture from the bytes of its file, as :func:`load_image` does; messages call it ``name``."""
    if not content:
        raise ImageError(f"{name} is empty; expected {EXPECTED}")
    return read_bytes(content, name)


def _read_path(source: str | os.PathLike[str]) -> tuple[bytes, str]:
    path = Path(os.fsdecode(source))
    name = brief(path.name or path)
    try:
        if path.is_dir():
            raise ImageError(f"{name} cannot be opened: it is a folder; expected a file")
        if path.is_fifo():  # reading it could block forever
            raise ImageError(f"{name} cannot be opened: it is a pipe; expected a file")
        if path.is_char_device():  # and /dev/zero has no end
            raise ImageError(f"{name} cannot be opened: it is a device; expected a file")
        return path.read_bytes(), name
    except OSError as error:
        raise ImageError(f"{name} cannot be opened: {error.strerror}") from error
    except ValueError as error:  # a NUL or a lone surrogate in the name
        raise ImageError(f"{name} cannot be opened: {error}") from error


def _read_file(file: Any) -> bytes:
    name = type(file).__name__
    try:
        if getattr(file, "seekable", lambda: False)():
            file.seek(0)
        content = file.read()
    except (OSError, ValueError, AttributeError, TypeError) as error:  # closed, write-only or not a file
        raise ImageError(f"expected a file that is open for binary reading; reading {name} failed: {error}") from error
    if not isinstance(content, bytes | bytearray | memoryview):
        raise ImageError(f"expected a file that is open for binary reading; {name} gives {type(content).__name__}")
    return bytes(content)
