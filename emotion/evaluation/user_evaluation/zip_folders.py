"""Reads labelled pictures from an untrusted zip of class folders.

Nothing is written to disk, no name in the archive is used as a path, and limits apply to the unpacked bytes, not to the
sizes that the archive states.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from emotion.errors import DatasetError, LabelError, TooLargeError, brief, count_text
from emotion.input_files import is_litter
from emotion.labels import EMOTIONS, LabelSet, label_set_of, parse_class
from emotion.sandbox.zips import BROKEN, open_zip
from emotion.vision.decode.formats import is_picture

MEGABYTE = 10**6


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of an archive's unpacked content.

    Attributes:
        files: Number of entries, including folders.
        file_bytes: Size of one picture.
        total_bytes: Size of all pictures.
    """

    files: int = 50_000
    file_bytes: int = 60 * MEGABYTE
    total_bytes: int = 4_000 * MEGABYTE


@dataclass(frozen=True, slots=True)
class LabelledFile:
    """One file of a class folder: its path, label and content."""

    name: str
    label: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Unread:
    """A file that cannot be used, and why."""

    name: str
    reason: str


class ZipFolders:
    """An archive whose pictures are labelled by the innermost folder that names an expression.

    ``happy/1.png``, ``data/test/Happy/1.png`` and ``3_happy/smiling/1.png`` are all happiness. Only files that
    :func:`~emotion.vision.decode.formats.is_picture` are read.

    Attributes:
        label_set: The labels that occur.
        unlabelled: Paths of pictures outside class folders.
        others: Number of files that are not pictures, such as notes; files that operating systems add are not counted.

    Args:
        path: The archive.
        codes: Numbering of the classes, a key of ``emotion.labels.CODES``, if folders are numbered.
        limits: Limits of its content.

    Raises:
        InputError: It is not a readable zip archive.
        TooLargeError: It has more entries than allowed.
        DatasetError: There are no class folders, or fewer than two classes.
    """

    def __init__(self, path: Path, codes: str | None = None, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._archive = open_zip(path, self._limits.files, "a zip archive of class folders")
        # zipfile fails on entries without a name.
        named = [entry for entry in self._archive.infolist() if entry.filename]
        files = [entry for entry in named if not entry.is_dir() and not is_litter(entry.filename)]
        pictures = [entry for entry in files if is_picture(entry.filename)]
        labels = {entry.filename: label_of(entry.filename, codes) for entry in pictures}
        self._labelled = [(entry, label) for entry in pictures if (label := labels[entry.filename])]
        self.unlabelled = [name for name, label in labels.items() if label is None]
        self.others = len(files) - len(pictures)
        found = {label for _, label in self._labelled}
        self.label_set = expressions_in(found, _without_label(len(self.unlabelled), self.others))

    def __len__(self) -> int:
        """Return the number of labelled pictures."""
        return len(self._labelled)

    def __iter__(self) -> Iterator[LabelledFile | Unread]:
        """Yield every labelled picture, or the reason why it cannot be unpacked, in the archive's order.

        Raises:
            TooLargeError: The unpacked pictures exceed the limit.
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
        """Close the archive."""
        self._archive.close()

    def _unpack(self, entry: zipfile.ZipInfo) -> bytes | Unread:
        """Return an entry's content, unpacking at most the limit of a picture."""
        if entry.flag_bits & 0x1:
            return Unread(entry.filename, "it is password-protected")
        try:
            with self._archive.open(entry) as file:
                content = file.read(self._limits.file_bytes + 1)
        except BROKEN as error:
            return Unread(entry.filename, f"it cannot be unpacked ({brief(error)})")
        if len(content) > self._limits.file_bytes:
            return Unread(entry.filename, f"it is larger than {self._limits.file_bytes // MEGABYTE} MB")
        return content


def _without_label(unlabelled: int, others: int) -> str:
    """Describe the content of an archive without class folders."""
    pictures = f"{count_text(unlabelled, 'picture')} in no such folder"
    return f"{pictures} and {count_text(others, 'file')} without a picture's ending" if others else pictures


def label_of(name: str, codes: str | None = None) -> str | None:
    """Return the label of a path, or None if no folder in it names an expression.

    Args:
        name: A path such as ``"faces/test/happy/1.png"``.
        codes: Numbering of the classes; None if folders are named by words.
    """
    # Archives made on Windows may contain backslashes, against the standard.
    for folder in reversed(PurePosixPath(name.replace("\\", "/")).parts[:-1]):
        try:
            return parse_class(folder, codes)
        except LabelError:
            continue
    return None


def expressions_in(labels: set[str], otherwise: str = "none") -> LabelSet:
    """Return the label set of the labels that folders name.

    Raises:
        DatasetError: There are fewer than two; without any, the message says ``otherwise``.
    """
    try:
        return label_set_of(labels)
    except LabelError as error:
        found = ", ".join(sorted(labels)) or otherwise
        raise DatasetError(
            f"expected folders named like at least two expressions ({', '.join(EMOTIONS)}); got {found}"
        ) from error
