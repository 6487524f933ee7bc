"""Reads CSV tables, also zipped ones, row by row, with tolerant column names."""

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

from emotion.errors import DatasetError, brief
from emotion.input_files import is_litter
from training.datasets.samples import BrokenRowError

_LONGEST_FIELD = 2**24
"""Characters; pictures written as numbers exceed the csv module's default."""
_SEPARATORS = ",;\t|"
_BETWEEN_NUMBERS = str.maketrans(dict.fromkeys("[](){},;\"'", " "))
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SAMPLE = 64
"""Bytes of a header from which the encoding is detected."""


@dataclass(frozen=True, slots=True)
class CsvTable:
    """A CSV file, or the only one in a zip file.

    Attributes:
        path: The file.
        header: Names of its columns, without surrounding spaces.
    """

    path: Path
    header: tuple[str, ...]

    @classmethod
    def open(cls, path: Path) -> CsvTable:
        """Read the header.

        Raises:
            DatasetError: It is not a CSV file.
        """
        with _lines(path) as lines:
            header = next(_records(lines, path), [])
        return cls(path, tuple(name.strip() for name in header))

    def expect(self, *columns: str) -> CsvTable:
        """Return the table if it has these columns.

        Raises:
            DatasetError: A column is missing.
        """
        if missing := [name for name in columns if self.find(name) is None]:
            raise DatasetError(
                f"expected the columns {', '.join(columns)} in the header of {self.path.name}; "
                f"{', '.join(missing)} missing among {brief(', '.join(self.header))}"
            )
        return self

    def find(self, *spellings: str) -> str | None:
        """Return the first column with one of these spellings, ignoring case and everything but letters and digits."""
        known = {_plain(name): name for name in reversed(self.header)}
        return next((known[plain] for plain in map(_plain, spellings) if plain in known), None)

    def rows(self) -> Iterator[tuple[str, dict[str, str]]]:
        """Yield each row's name in messages (from 1 after the header) and its fields by column.

        Missing fields at a row's end are empty, and surrounding spaces are removed.
        """
        with _lines(self.path) as lines:
            records = _records(lines, self.path)
            next(records)
            for number, record in enumerate((record for record in records if record), start=1):
                fields = [*map(str.strip, record), *[""] * (len(self.header) - len(record))]
                yield f"row {number} of {self.path.name}", dict(zip(self.header, fields, strict=False))


def find_table(source: Path, *names: str) -> CsvTable:
    """Open a table, given its file, or its folder and possible names, as .csv or .zip.

    Raises:
        DatasetError: There is no such table.
    """
    candidates = [source] if source.is_file() else [source / name for name in names]
    for path in candidates:
        if path.is_file():
            return CsvTable.open(path)
    found = ", ".join(sorted(path.name for path in source.iterdir())[:8]) or "nothing"
    raise DatasetError(f"expected {' or '.join(names)} in {source}; got {brief(found)}")


def parse_pixels(text: str, side: int) -> NDArray[np.uint8]:
    """Return a picture written as numbers, row by row.

    Args:
        text: ``side * side`` integers from 0 to 255 separated by spaces or commas, as ``12`` or ``12.0``, possibly in
            brackets.
        side: Side of the picture, px.

    Raises:
        BrokenRowError: The numbers are of another kind or count.
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
        BrokenRowError: The list has other content; the message says which, or has ``error``.
    """
    words = text.translate(_BETWEEN_NUMBERS).split()
    if "..." in words:
        raise BrokenRowError(expected, "'...', which NumPy writes in place of numbers") from None
    try:
        values = np.array(words, np.float64)
    except ValueError as other:
        raise BrokenRowError(expected, other) from None
    if not ((values >= 0) & (values <= 255)).all():
        raise BrokenRowError(expected, error if text.split() == words else "numbers out of that range") from None
    broken = values[values != values.round()]
    if len(broken):
        hint = "; multiply shares of 0 to 1 by 255" if values.max() <= 1 else ""
        raise BrokenRowError(expected, f"{broken[0]:g}, which is not an integer{hint}") from None
    return values.astype(np.uint8).tobytes()


def parse_code(text: str, expected: str, allowed: Sequence[int]) -> int:
    """Return an integer out of the allowed ones.

    Raises:
        BrokenRowError: The text is something else.
    """
    try:
        value = float(text)
    except ValueError:
        raise BrokenRowError(expected, repr(brief(text))) from None
    if value not in allowed:
        raise BrokenRowError(expected, brief(text))
    return int(value)


@contextlib.contextmanager
def _lines(path: Path) -> Iterator[TextIO]:
    """Open a table as UTF-8, UTF-16 or UTF-32 text; invalid bytes are replaced."""
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
            raise DatasetError(f"expected one CSV file in {path.name}; got {brief(found) or 'nothing'}")
        with archive.open(names[0]) as member:
            yield member


def _records(lines: TextIO, path: Path) -> Iterator[list[str]]:
    """Parse lines.

    Raises:
        DatasetError: The file is truncated or not a CSV file.
    """
    csv.field_size_limit(_LONGEST_FIELD)
    try:
        header = next(lines, "")
        if header.startswith("sep="):  # Excel's line with the separator
            header = next(lines, "")
        separator = max(_SEPARATORS, key=header.count)  # a comma if there is none
        yield from csv.reader(itertools.chain([header], lines), delimiter=separator)
    except (csv.Error, OSError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise DatasetError(f"expected a CSV file; {path.name} cannot be read to its end: {error}") from error


def _encoding_of(start: bytes) -> str:
    """Return a text's encoding, from its byte order mark or from the zeros between ASCII letters in its header."""
    marked = next((name for mark, name in _BOMS if start.startswith(mark)), None)
    if marked is not None:
        return marked
    even, odd = (start[first::2].count(0) > len(start) // 3 for first in (0, 1))
    return "utf-16-be" if even and not odd else "utf-16-le" if odd and not even else "utf-8-sig"


def _plain(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum())
