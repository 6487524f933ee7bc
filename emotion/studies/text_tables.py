"""Reads CSV and tab-separated files of other programs as text."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from emotion.errors import InputError, brief

MAX_BYTES = 256 << 20
UNICODE = ("utf-8-sig", "utf-16")
"""Encodings that every file may have. Excel writes UTF-16 as “Unicode text”, and E-Prime does too."""

_SIGNS = re.compile("[,;\t]")
_SEPARATOR = re.compile('"?sep=[,;\t]?"?', re.IGNORECASE)
"""A first line that tells Excel which sign separates columns."""
_HEAD = 1 << 20
"""Length of the text from which the names of columns are read, characters."""


@dataclass(frozen=True, slots=True)
class TableLimits:
    """Largest table that is read.

    Attributes:
        rows: Number of rows below the names of the columns.
        columns: Number of columns.
        bytes: Size of the file.
    """

    rows: int
    columns: int = 10_000
    bytes: int = MAX_BYTES


def read_text_table(
    content: bytes, limits: TableLimits, encodings: Sequence[str] = UNICODE, *, titled: bool = False
) -> pd.DataFrame:
    """Return a file as text columns, separated by commas, semicolons or tabs; columns without a name are left out.

    Args:
        content: The file's bytes.
        limits: Its limits.
        encodings: See :func:`decoded`.
        titled: Whether a title line without separators may precede the names of the columns, as in E-Prime's files.

    Raises:
        InputError: It is not a table or is empty, a column's name occurs twice, or a limit is exceeded.
    """
    text = _table_text(content, limits, encodings, titled=titled)
    # Counted before parsing, as a cell takes thirty times its bytes in memory.
    separators = (max(map(line.count, ",;\t")) for line in text.splitlines())
    if max(separators, default=0) > limits.columns:
        raise InputError(f"expected a table of at most {limits.columns:,} columns; it has more")
    table = _parsed(text, limits.rows + 2)
    if len(table) > limits.rows:
        raise InputError(f"expected at most {limits.rows:,} rows; got more")
    expect_unique(table)
    return table


def column_names(
    content: bytes, limits: TableLimits, encodings: Sequence[str] = UNICODE, *, titled: bool = False
) -> list[str]:
    """Return the names of a table's columns without reading the rows; arguments as for :func:`read_text_table`.

    Raises:
        InputError: It is not a table, is empty or is too large.
    """
    head = _table_text(content, limits, encodings, titled=titled)[:_HEAD]
    return [str(name) for name in _parsed(head, 1)]


def expect_unique(table: pd.DataFrame) -> None:
    """Raise InputError if two columns have the same name."""
    if table.columns.has_duplicates:
        repeated = table.columns[table.columns.duplicated()][0]
        raise InputError(f"expected each column once; got {brief(repeated)!r} twice")


def decoded(content: bytes, encodings: Sequence[str] = UNICODE, max_bytes: int = MAX_BYTES) -> str:
    """Return the text of a file.

    Args:
        content: The file's bytes.
        encodings: Tried in order; UTF-16 only if the file begins with its byte-order mark.
        max_bytes: Largest size.

    Raises:
        InputError: It is too large, or has none of the encodings.
    """
    if len(content) > max_bytes:
        raise InputError(f"expected a file of at most {max_bytes >> 20} MiB; it is larger")
    is_utf16 = content[:2] in {b"\xff\xfe", b"\xfe\xff"}
    for encoding in encodings:
        if (encoding == "utf-16") == is_utf16:
            try:
                return content.decode(encoding)
            except UnicodeDecodeError:
                continue
    raise InputError("expected a table as CSV text in UTF-8 or UTF-16; the file is neither. Save it as “CSV UTF-8”")


def _table_text(content: bytes, limits: TableLimits, encodings: Sequence[str], *, titled: bool) -> str:
    """Return the text from the names of the columns on."""
    text = decoded(content, encodings, limits.bytes).lstrip("\r\n")
    first, _, rest = text.partition("\n")
    if _SEPARATOR.fullmatch(first.strip()):
        text = rest.lstrip("\r\n")
        first, _, rest = text.partition("\n")
    if titled and not _SIGNS.search(first) and _SIGNS.search(rest.partition("\n")[0]):
        text = rest
    if not text.strip():
        raise InputError("expected a table as CSV with column names in its first row; the file is empty")
    return text


def _parsed(text: str, most: int) -> pd.DataFrame:
    sign = max("\t;,", key=text.partition("\n")[0].count)
    try:
        # The first row is read as data, as pandas would rename columns that occur twice.
        table = pd.read_csv(io.StringIO(text), sep=sign, header=None, dtype=str, keep_default_na=False, nrows=most)
    except (ValueError, pd.errors.ParserError) as error:
        raise InputError(f"expected a table as CSV or tab-separated text; it cannot be read: {brief(error)}") from error
    table = table.set_axis(table.iloc[0].fillna("").str.strip(), axis=1).iloc[1:].reset_index(drop=True).fillna("")
    return table.loc[:, table.columns != ""].rename_axis(columns=None)
