"""Repairs picture files: removes metadata that makes decoders fail, and completes truncated JPEGs."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator
from numbers import Real

import numpy as np

from emotion.types import Image

UPRIGHT = 1
_ORIENTATION = 0x0112
_INTEGERS = {1: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i"}
"""TIFF's integer types (TIFF 6.0, section 2) → format characters of :mod:`struct`."""
_ASCII = 2
_EXIF = b"Exif\0\0"
_DIGITS = tuple("12345678")

_PNG_START = b"\x89PNG\r\n\x1a\n"
_PNG_KEPT = {b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"}
"""Chunks of a PNG's first picture; others hold text, profiles, times and animation."""
_PNG_COLOURS = {b"cICP": 4, b"gAMA": 4, b"sRGB": 1}
"""Chunks that define the colours, with their lengths; kept unless they are damaged."""

_JPEG_START, _JPEG_END = b"\xff\xd8", b"\xff\xd9"
_JPEG_EXIF, _JPEG_SCAN = 0xE1, 0xDA
_JPEG_METADATA = {*range(0xE1, 0xEE), 0xEF, 0xFE}
"""APP1 to APP15 and comments, except Adobe's APP14, which declares the colour transform."""
_LAST_ROWS = 16
"""Pixel rows in the last row of blocks, which a decoder may leave incomplete without an end marker."""


def as_orientation(value: object) -> int:
    """Return an EXIF orientation, 1 to 8, from a value of any type; 1 if it is invalid."""
    if isinstance(value, tuple | list):
        value = value[0] if value else UPRIGHT
    if isinstance(value, bytes) and value:
        value = value[0] if value[:1] < b"0" else value.decode("latin-1")
    if isinstance(value, str):
        value = int(value[0]) if value[:1] in _DIGITS else UPRIGHT
    return int(float(value)) if isinstance(value, Real) and value in range(UPRIGHT, 9) else UPRIGHT


def exif_orientation(content: bytes) -> int:
    """Return the orientation in the EXIF block of a JPEG or PNG, even if the rest of it is damaged; 1 if none."""
    exif = (content[start + 4 : end] for marker, start, end in _jpeg_segments(content) if marker == _JPEG_EXIF)
    blocks = [data for data in exif if data.startswith(_EXIF)]
    blocks += [content[start + 8 : end - 4] for kind, start, end in _png_chunks(content) if kind == b"eXIf"]
    return next((found for block in blocks if (found := block_orientation(block)) is not None), UPRIGHT)


def block_orientation(block: bytes) -> int | None:
    """Return the orientation in an EXIF block, or None."""
    tiff = block.removeprefix(_EXIF)
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2], "<")
    try:
        (directory,) = struct.unpack_from(f"{order}I", tiff, 4)
        (entries,) = struct.unpack_from(f"{order}H", tiff, directory)
        for entry in range(entries):
            place = directory + 2 + 12 * entry
            tag, kind, _ = struct.unpack_from(f"{order}HHI", tiff, place)
            if tag != _ORIENTATION:
                continue
            if kind == _ASCII:
                return as_orientation(tiff[place + 8 : place + 9].decode("latin-1"))
            return as_orientation(struct.unpack_from(f"{order}{_INTEGERS.get(kind, 'H')}", tiff, place + 8))
    except struct.error:
        return None
    return None


def png_chunk(content: bytes, kind: bytes) -> bytes | None:
    """Return the data of a PNG's first chunk of a kind, or None."""
    return next((content[start + 8 : end - 4] for name, start, end in _png_chunks(content) if name == kind), None)


def without_metadata(content: bytes) -> bytes:
    """Return a JPEG or PNG without parts that no pixel depends on; other files are returned unchanged."""
    if content.startswith(_PNG_START):
        chunks = (content[start:end] for kind, start, end in _png_chunks(content) if _is_kept(kind, content[start:end]))
        return b"".join((_PNG_START, *chunks))
    segments = list(_jpeg_segments(content))
    if not segments:
        return content
    kept = [content[start:end] for marker, start, end in segments if marker not in _JPEG_METADATA]
    return b"".join((_JPEG_START, *kept, content[segments[-1][2] :]))


def read_jpeg_without_end(content: bytes, decode: Callable[[bytes], Image]) -> Image | None:
    """Return the picture of a JPEG that lacks only its end marker, or None if it lacks more.

    Decoders silently invent missing pixels, so the file is decoded with two different tails before the marker: pixels
    that differ were invented. Only the last row of blocks may differ.

    Args:
        content: The file's bytes.
        decode: Decodes a complete file without rotating the picture.
    """
    if not content.startswith(_JPEG_START):
        return None
    body = content.rstrip(b"\0").removesuffix(_JPEG_END).removesuffix(b"\xff")
    # No 0xFF, which would begin a marker.
    noise = np.random.default_rng(0).integers(0, 255, 512, np.uint8).tobytes()
    plain, noisy = (decode(body + tail + _JPEG_END) for tail in (b"", noise))
    made_up = np.flatnonzero((plain != noisy).any(axis=(1, 2)))
    whole_rows = max(plain.shape[0] - _LAST_ROWS, _LAST_ROWS)
    return plain if not len(made_up) or made_up[0] >= whole_rows else None


def _is_kept(kind: bytes, chunk: bytes) -> bool:
    """Return whether a PNG's pixels depend on a chunk."""
    is_sound = chunk[-4:] == zlib.crc32(chunk[4:-4]).to_bytes(4, "big")
    return kind in _PNG_KEPT or (len(chunk) == 12 + _PNG_COLOURS.get(kind, -12) and is_sound)


def _jpeg_segments(content: bytes) -> Iterator[tuple[int, int, int]]:
    """Yield marker, start and end of a JPEG's segments before its first scan or its first invalid segment."""
    place = len(_JPEG_START) if content.startswith(_JPEG_START) else len(content)
    while place + 4 <= len(content) and content[place] == 0xFF:
        marker, end = content[place + 1], place + 2 + int.from_bytes(content[place + 2 : place + 4], "big")
        if marker == 0xFF:  # padding
            place += 1
            continue
        if marker == _JPEG_SCAN or not place + 4 <= end <= len(content):
            return
        yield marker, place, end
        place = end


def _png_chunks(content: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Yield kind, start and end of a PNG's chunks; the last one may be truncated."""
    place = len(_PNG_START) if content.startswith(_PNG_START) else len(content)
    while place + 8 <= len(content):
        end = place + 12 + int.from_bytes(content[place : place + 4], "big")
        yield content[place + 4 : place + 8], place, end
        place = end
