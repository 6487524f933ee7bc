"""Opens untrusted zip archives with a limit on entries, as :mod:`zipfile` reads the whole directory into memory."""

from __future__ import annotations

import io
import lzma
import struct
import zipfile
import zlib
from pathlib import Path

from emotion.errors import InputError, TooLargeError, brief

BROKEN = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, OSError),
    *(ValueError, NotImplementedError, RuntimeError),
)
"""Errors of :mod:`zipfile` for damaged archives, which it checks little."""

_ENTRY_BYTES = 256
"""Generous size of a directory entry: 46 bytes and a path."""

_LONGEST_END = (1 << 16) + 256
"""Bytes at the end that contain the end records, followed by a comment of up to 65,535 bytes."""

_SEE_LARGE = 0xFFFFFFFF
"""Marks a length that is in the Zip64 record."""


def open_zip(path: Path, most_files: int, expected: str) -> zipfile.ZipFile:
    """Open an archive.

    Args:
        path: The file.
        most_files: Maximum number of entries, including folders.
        expected: What the file should be, for messages.

    Raises:
        InputError: It is not a readable archive.
        TooLargeError: It has more entries.
    """
    if _directory_bytes(path) > most_files * _ENTRY_BYTES:
        raise TooLargeError(f"expected at most {most_files:,} files in the archive; it holds more")
    try:
        archive = zipfile.ZipFile(path)
    except BROKEN as error:
        raise InputError(f"expected {expected}; this file cannot be read as one ({brief(error)})") from error
    if (entries := len(archive.infolist())) > most_files:
        archive.close()
        raise TooLargeError(f"expected at most {most_files:,} files in the archive; it holds {entries:,}")
    return archive


def _directory_bytes(path: Path) -> int:
    """Return the directory's length in the end record, or 0 without one (PKWARE APPNOTE, sections 4.3.14, 4.3.16)."""
    with path.open("rb") as file:
        size = file.seek(0, io.SEEK_END)
        file.seek(max(size - _LONGEST_END, 0))
        end = file.read()
    place = end.rfind(b"PK\x05\x06")
    if place < 0 or len(end) < place + 16:
        return 0
    (length,) = struct.unpack_from("<I", end, place + 12)
    large = end.rfind(b"PK\x06\x06", 0, place)
    if length == _SEE_LARGE and 0 <= large <= len(end) - 48:
        (length,) = struct.unpack_from("<Q", end, large + 40)
    return int(length)
