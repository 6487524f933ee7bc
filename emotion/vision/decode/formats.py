"""The picture formats that can be read, and names of others for error messages."""

from __future__ import annotations

import functools
from pathlib import PurePosixPath

from emotion.input_files import is_litter

EXPECTED = "JPEG, PNG, WebP, BMP, TIFF, GIF, AVIF or HEIC"

ENDINGS = frozenset(
    {".jpg", ".jpeg", ".jfif", ".png", ".webp", ".bmp", ".tif", ".tiff", ".gif", ".avif", ".heic", ".heif", ".hif"}
)
"""File name suffixes, for file dialogs; a file's content decides how it is read."""

FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF", "AVIF")
"""Formats for Pillow. Its four dozen others are rarely maintained, and one of them is a programming language."""
_HEIF = "HEIF"

_SIGNATURES = (
    (b"\xff\xd8", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"BM", "BMP"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"II+\0", "TIFF"),
    (b"MM\0+", "TIFF"),
    (b"GIF8", "GIF"),
)
_BRANDS = {b"avif": "AVIF", b"avis": "AVIF"} | dict.fromkeys(
    (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"), _HEIF
)
"""Brands of ISO base media files that hold pictures; mif1 and msf1 do not imply a codec, brands after them may."""
_RAW = "a camera's raw picture"
_OTHERS = (
    (b"%PDF", "a PDF document"),
    (b"8BPS", "a Photoshop document"),
    (b"\xff\x0a", "a JPEG XL picture"),
    (b"\0\0\0\x0cJXL ", "a JPEG XL picture"),
    (b"\0\0\0\x0cjP  ", "a JPEG 2000 picture"),
    (b"\xff\x4f\xff\x51", "a JPEG 2000 picture"),
    (b"\0\0\1\0", "a Windows icon"),
    (b"v/1\1", "an OpenEXR picture"),
    (b"#?R", "a Radiance picture"),
    (b"qoif", "a QOI picture"),
    (b"DDS ", "a DirectDraw texture"),
    *((b"P%d%c" % (digit, space), "a Netpbm picture") for digit in range(1, 8) for space in b" \t\n\r"),
    *((start, _RAW) for start in (b"IIRO", b"IIRS", b"MMOR", b"IIU\0", b"FUJIFILMCCD-RAW", b"FOVb")),
    (b"PK\x03\x04", "a zip archive"),
    (b"\x1aE\xdf\xa3", "a video"),
)


def is_picture(name: str) -> bool:
    """Return whether a file is a picture by its name, and not one that an operating system added.

    Args:
        name: Path relative to the searched folder or archive.
    """
    return PurePosixPath(name).suffix.lower() in ENDINGS and not is_litter(name)


def format_of(content: bytes) -> str | None:
    """Return the format that a file's signature names, one of :data:`FORMATS` or ``"HEIF"``, or None."""
    if content[4:8] == b"ftyp":
        return _iso_format(content)
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "WEBP"
    return next((name for start, name in _SIGNATURES if content.startswith(start)), None)


def other_kind(content: bytes) -> str | None:
    """Return the kind of a well-known unsupported file, with its article, or None."""
    if content[4:12] == b"ftypcrx ":
        return _RAW
    if content[4:8] == b"ftyp":
        return None if _iso_format(content) else "a video"
    if content[128:132] == b"DICM":
        return "a DICOM picture"
    if content[:4] == b"RIFF" and content[8:12] == b"AVI ":
        return "a video"
    if b"<svg" in content[:1000]:
        return "an SVG drawing"
    return next((kind for start, kind in _OTHERS if content.startswith(start)), None)


def pillow_formats(content: bytes) -> tuple[str, ...]:
    """Return the formats for ``PIL.Image.open``; loads HEIF's decoder on first use."""
    if format_of(content) != _HEIF:
        return FORMATS
    _register_heif()
    return (_HEIF,)


def _iso_format(content: bytes) -> str | None:
    """Return the format of an ISO base media file by its major brand, then by its compatible ones."""
    end = min(int.from_bytes(content[:4], "big"), 256)
    brands = [content[8:12], *(content[start : start + 4] for start in range(16, end, 4))]
    found = [_BRANDS[brand] for brand in brands if brand in _BRANDS]
    # A general brand in front does not imply HEVC.
    return "AVIF" if "AVIF" in found else next(iter(found), None)


@functools.cache
def _register_heif() -> None:
    from pillow_heif import register_heif_opener  # noqa: PLC0415 – ten megabytes that few pictures need

    register_heif_opener()
