"""Labelled pictures out of a zip of class folders, which may come from anybody.

Nothing is ever written to disk, no name in the archive is used as a path, and every limit holds
for what really comes out of it, whatever its directory claims.
"""

from __future__ import annotations

import io
import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from emotion.errors import DatasetError, InputError, LabelError, TooLargeError, brief
from emotion.input_files import is_litter
from emotion.labels import EMOTIONS, LabelSet, label_set_of, parse_class

MEGABYTE = 10**6

_BROKEN = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, OSError),
    *(ValueError, NotImplementedError, RuntimeError),
)
"""What the library raises over damaged archives: it checks little by itself."""

_ENTRY_BYTES = 256
"""More than an entry of the directory usually takes: 46 and the file's path."""

_LONGEST_END = (1 << 16) + 256
"""Bytes at an archive's end that hold its end records: they may be followed by a comment of 65,535."""

_SEE_LARGE = 0xFFFFFFFF
"""Stands for a length that only the record of large archives can hold."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much an archive may hold, unpacked.

    Attributes:
        files: Number of entries, folders included.
        file_bytes: Of one picture.
        total_bytes: Of all pictures.
    """

    files: int = 50_000
    file_bytes: int = 60 * MEGABYTE
    total_bytes: int = 4_000 * MEGABYTE


@dataclass(frozen=True, slots=True)
class LabelledFile:
    """One file of a class folder: its path inside the archive, its label, its content."""

    name: str
    label: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Unread:
    """A file that cannot be used, and why."""

    name: str
    reason: str


class ZipFolders:
    """An archive in which a file's label is the name of the innermost folder that names an expression.

    ``happy/1.png``, ``data/test/Happy/1.png`` and ``3_happy/smiling/1.png`` are all happiness.
    What computers leave behind (``__MACOSX``, ``.DS_Store``, ``Thumbs.db``) is passed over.

    Attributes:
        label_set: The labels that occur.
        unlabelled: Paths of files outside every class folder.

    Args:
        path: The archive.
        codes: Whose numbers name the classes, if numbers do: a key of ``emotion.labels.CODES``.
        limits: How much it may hold.

    Raises:
        InputError: It is not a zip archive that can be read.
        TooLargeError: It has more entries than allowed.
        DatasetError: There are no class folders, or fewer than two classes.
    """

    def __init__(self, path: Path, codes: str | None = None, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._archive = _open(path, self._limits)
        # An entry without a name is no file, and the library stumbles over it.
        named = [entry for entry in self._archive.infolist() if entry.filename]
        files = [entry for entry in named if not entry.is_dir() and not is_litter(entry.filename)]
        labels = {entry.filename: label_of(entry.filename, codes) for entry in files}
        self._labelled = [(entry, label) for entry in files if (label := labels[entry.filename])]
        self.unlabelled = [name for name, label in labels.items() if label is None]
        self.label_set = _label_set(self._labelled, self.unlabelled)

    def __len__(self) -> int:
        """Number of labelled files."""
        return len(self._labelled)

    def __iter__(self) -> Iterator[LabelledFile | Unread]:
        """Yield every labelled file, or why it cannot be unpacked, in the archive's order.

        Raises:
            TooLargeError: More comes out of the archive than allowed.
        """
        left = self._limits.total_bytes
        for entry, label in self._labelled:
            content = self._unpack(entry)
            if isinstance(content, bytes):
                left -= len(content)
                if left < 0:
                    raise TooLargeError(
                        f"expected at most {self._limits.total_bytes // MEGABYTE:,} MB of pictures; "
                        f"the archive holds more"
                    )
                yield LabelledFile(entry.filename, label, content)
            else:
                yield content

    def close(self) -> None:
        """Give up the file."""
        self._archive.close()

    def _unpack(self, entry: zipfile.ZipInfo) -> bytes | Unread:
        """Return an entry's content, never unpacking more of it than a picture may have."""
        if entry.flag_bits & 0x1:
            return Unread(entry.filename, "it is locked with a password")
        try:
            with self._archive.open(entry) as file:
                content = file.read(self._limits.file_bytes + 1)
        except _BROKEN as error:
            return Unread(entry.filename, f"it cannot be unpacked ({brief(error)})")
        if len(content) > self._limits.file_bytes:
            return Unread(entry.filename, f"it is larger than {self._limits.file_bytes // MEGABYTE} MB")
        return content


def label_of(name: str, codes: str | None = None) -> str | None:
    """Return the label of a path inside an archive, or None if no folder on it names an expression.

    Args:
        name: Such as ``"faces/test/happy/1.png"``.
        codes: Whose numbers name classes, or None if only words do.
    """
    # Archives made on Windows may use its separators, against the standard.
    for folder in reversed(PurePosixPath(name.replace("\\", "/")).parts[:-1]):
        try:
            return parse_class(folder, codes)
        except LabelError:
            continue
    return None


def _open(path: Path, limits: Limits) -> zipfile.ZipFile:
    # The library reads the whole directory into memory, so its length is looked at before.
    if _directory_bytes(path) > limits.files * _ENTRY_BYTES:
        raise TooLargeError(f"expected at most {limits.files:,} files in the archive; it holds more")
    try:
        archive = zipfile.ZipFile(path)
    except _BROKEN as error:
        raise InputError(
            f"expected a zip archive of class folders; this file cannot be read as one ({brief(error)})"
        ) from error
    if (entries := len(archive.infolist())) > limits.files:
        archive.close()
        raise TooLargeError(f"expected at most {limits.files:,} files in the archive; it holds {entries:,}")
    return archive


def _directory_bytes(path: Path) -> int:
    """Return how long the archive's directory is, as its end record says, or 0 where there is none.

    The records are described in sections 4.3.14 (of large archives) and 4.3.16 of PKWARE's APPNOTE.
    """
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


def _label_set(labelled: list[tuple[zipfile.ZipInfo, str]], unlabelled: list[str]) -> LabelSet:
    try:
        return label_set_of({label for _, label in labelled})
    except LabelError as error:
        found = ", ".join(sorted({label for _, label in labelled})) or f"{len(unlabelled):,} files in no such folder"
        raise DatasetError(
            f"expected folders named like at least two expressions ({', '.join(EMOTIONS)}); got {found}"
        ) from error
