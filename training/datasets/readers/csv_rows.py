"""Tables in CSV files, also zipped: a header that is found by meaning, then rows one at a time."""

from __future__ import annotations

import codecs
import contextlib
import csv
import io
import itertools
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TextIO

import numpy as np
from numpy.typing import NDArray

from emotion.errors import DatasetError
from emotion.input_files import is_litter
from training.datasets.samples import BrokenRowError

_LONGEST_FIELD = 2**24
"""Characters; a picture as numbers is longer than the csv module allows by default."""
_SEPARATORS = ",;\t|"
_BETWEEN_NUMBERS = str.maketrans(dict.fromkeys("[](){},;\"'", " "))
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # begins like that of UTF-16
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SAMPLE = 64
"""Bytes of a header that show its encoding."""


@dataclass(frozen=True, slots=True)
class CsvTable:
    """A CSV file, or the only one in a zip file.

    Attributes:
        path: The file.
        header: Names of its columns as written, without surrounding spaces.
    """

    path: Path
    header: tuple[str, ...]

    @classmethod
    def open(cls, path: Path) -> CsvTable:
        """Read the header.

        Raises:
            DatasetError: Not a file with a header line.
        """
        with _lines(path) as lines:
            header = next(_records(lines, path), [])
        return cls(path, tuple(name.strip() for name in header))

    def expect(self, *columns: str) -> CsvTable:
        """Return the table itself if it has some columns, spelled with any case.

        Raises:
            DatasetError: One is missing.
        """
        if missing := [name for name in columns if self.find(name) is None]:
            raise DatasetError(
                f"expected the columns {', '.join(columns)} in the header of {self.path.name}; "
                f"{', '.join(missing)} missing among {shorten(', '.join(self.header))}"
            )
        return self

    def find(self, *spellings: str) -> str | None:
        """Return the first column spelled in one of some ways; case, spaces, points and dashes do not matter."""
        known = {_plain(name): name for name in reversed(self.header)}
        return next((known[plain] for plain in map(_plain, spellings) if plain in known), None)

    def rows(self) -> Iterator[tuple[str, dict[str, str]]]:
        """Yield what to call each row in messages (counted from 1 after the header) and its fields by column.

        Missing fields at a row's end are empty; surrounding spaces are dropped.
        """
        with _lines(self.path) as lines:
            records = _records(lines, self.path)
            next(records)
            for number, record in enumerate((record for record in records if record), start=1):
                fields = [*map(str.strip, record), *[""] * (len(self.header) - len(record))]
                yield f"row {number} of {self.path.name}", dict(zip(self.header, fields, strict=False))


def find_table(source: Path, *names: str) -> CsvTable:
    """Open a table that is given as a file, or lies in a folder under one of some names, as .csv or .zip.

    Raises:
        DatasetError: There is none.
    """
    candidates = [source] if source.is_file() else [source / name for name in names]
    for path in candidates:
        if path.is_file():
            return CsvTable.open(path)
    found = ", ".join(sorted(path.name for path in source.iterdir())[:8]) or "nothing"
    raise DatasetError(f"expected {' or '.join(names)} in {source}; got {shorten(found)}")


def parse_pixels(text: str, side: int) -> NDArray[np.uint8]:
    """Return a picture written as numbers, row by row.

    Args:
        text: ``side * side`` whole numbers of 0–255 with spaces or commas between them, as ``12`` or ``12.0``, in
            brackets or not.
        side: Of the picture, px.

    Raises:
        BrokenRowError: Other numbers, or another count of them.
    """
    expected = f"{side * side} pixels of 0 to 255"
    try:
        pixels = bytes(map(int, text.split()))
    except ValueError as error:
        pixels = _other_spelling(text, expected, error)
    if len(pixels) != side * side:
        raise BrokenRowError(expected, f"{len(pixels)} numbers")
    return np.frombuffer(pixels, np.uint8).reshape(side, side)


def _other_spelling(text: str, expected: str, error: ValueError) -> bytes:
    """Return the pixels of a list such as ``[12, 34]`` or ``12.0 34.0``.

    Raises:
        BrokenRowError: With ``error``, or with what is wrong about the list.
    """
    words = text.translate(_BETWEEN_NUMBERS).split()
    if "..." in words:
        raise BrokenRowError(expected, "'...': NumPy left numbers out when it wrote this table") from None
    try:
        values = np.array(words, np.float64)
    except ValueError as other:
        raise BrokenRowError(expected, other) from None
    if not ((values >= 0) & (values <= 255)).all():
        raise BrokenRowError(expected, error if text.split() == words else "numbers out of that range") from None
    broken = values[values != values.round()]
    if len(broken):
        hint = "; multiply shares of 0 to 1 by 255" if values.max() <= 1 else ""
        raise BrokenRowError(expected, f"{broken[0]:g}, which is no whole number{hint}") from None
    return values.astype(np.uint8).tobytes()


def parse_code(text: str, expected: str, allowed: Sequence[int]) -> int:
    """Return a whole number out of some.

    Raises:
        BrokenRowError: It is none of them.
    """
    try:
        value = float(text)
    except ValueError:
        raise BrokenRowError(expected, repr(shorten(text))) from None
    if value not in allowed:
        raise BrokenRowError(expected, shorten(text))
    return int(value)


def shorten(text: str, longest: int = 160) -> str:
    """Return a text that fits into a message."""
    return text if len(text) <= longest else f"{text[:longest]}…"


@contextlib.contextmanager
def _lines(path: Path) -> Iterator[TextIO]:
    """Open a table as text, in UTF-8, 16 or 32. Bytes that are none of it spoil one field, not the file."""
    with contextlib.ExitStack() as stack:
        try:
            binary = stack.enter_context(_zipped(path) if zipfile.is_zipfile(path) else path.open("rb"))
        except (OSError, zipfile.BadZipFile) as error:
            raise DatasetError(f"expected a CSV file; {path.name} cannot be read: {error}") from error
        start = binary.read(_SAMPLE)
        stack.enter_context(binary)
        binary = stack.enter_context(_zipped(path) if zipfile.is_zipfile(path) else path.open("rb"))
        text = io.TextIOWrapper(binary, encoding=_encoding_of(start), errors="replace", newline="")
        yield stack.enter_context(text)


@contextlib.contextmanager
def _zipped(path: Path) -> Iterator[IO[bytes]]:
    with zipfile.ZipFile(path) as archive:
        names = [name for name in archive.namelist() if name.lower().endswith(".csv") and not is_litter(name)]
        if len(names) != 1:
            found = ", ".join(archive.namelist()[:8])
            raise DatasetError(f"expected one CSV file in {path.name}; got {shorten(found) or 'nothing'}")
        with archive.open(names[0]) as member:
            yield member


def _records(lines: TextIO, path: Path) -> Iterator[list[str]]:
    """Parse lines.

    Raises:
        DatasetError: The file breaks off or is no text at all.
    """
    csv.field_size_limit(_LONGEST_FIELD)
    try:
        header = next(lines, "")
        if header.startswith("sep="):  # a line of Excel's own
            header = next(lines, "")
        yield from csv.reader(itertools.chain([header], lines), delimiter=_separator_of(header))
    except (csv.Error, OSError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise DatasetError(f"expected a CSV file; {path.name} cannot be read to its end: {error}") from error


def _encoding_of(start: bytes) -> str:
    """Return the encoding of a text by its mark, or by where its header, in plain letters, has zeros."""
    marked = next((name for mark, name in _BOMS if start.startswith(mark)), None)
    if marked is not None:
        return marked
    even, odd = (start[first::2].count(0) > len(start) // 3 for first in (0, 1))
    return "utf-16-be" if even and not odd else "utf-16-le" if odd and not even else "utf-8-sig"


def _separator_of(header: str) -> str:
    """Return which separator stands most often in a header, a comma if there is none."""
    return max(_SEPARATORS, key=header.count)


def _plain(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum())
