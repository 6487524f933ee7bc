"""Reads CSV and tab-separated files of other programs as text."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence

import pandas as pd

from emotion.errors import InputError, brief

MAX_BYTES = 256 << 20
UNICODE = ("utf-8-sig", "utf-16")
"""Encodings of :func:`decoded`. Excel writes UTF-16 as “Unicode text”, and E-Prime does too."""

_SIGNS = re.compile("[,;\t]")


def read_text_table(
    content: bytes, max_rows: int, encodings: Sequence[str] = UNICODE, *, titled: bool = False
) -> pd.DataFrame:
    """Return a file as text columns; commas, semicolons or tabs separate them. Columns without a name are left out.

    Args:
        content: The file.
        max_rows: Most rows.
        encodings: As in :func:`decoded`.
        titled: Whether a line without separators may come before the names of the columns, as E-Prime writes.

    Raises:
        InputError: It is no table, it is empty, a column's name occurs twice, or it is too long.
    """
    text = decoded(content, encodings).lstrip("\r\n")
    first, _, rest = text.partition("\n")
    if titled and not _SIGNS.search(first) and _SIGNS.search(rest.partition("\n")[0]):
        text = rest
    if not text.strip():
        raise InputError("expected a table as CSV with column names in its first row; the file is empty")
    sign = max("\t;,", key=text.partition("\n")[0].count)
    try:
        # The first row is read as data, as pandas would rename columns that occur twice.
        table = pd.read_csv(
            io.StringIO(text), sep=sign, header=None, dtype=str, keep_default_na=False, nrows=max_rows + 2
        )
    except (ValueError, pd.errors.ParserError) as error:
        raise InputError(f"expected a table as CSV or tab-separated text; it cannot be read: {brief(error)}") from error
    table = table.set_axis(table.iloc[0].fillna("").str.strip(), axis=1).iloc[1:].reset_index(drop=True).fillna("")
    table = table.loc[:, table.columns != ""].rename_axis(columns=None)
    if len(table) > max_rows:
        raise InputError(f"expected at most {max_rows:,} rows; got more")
    expect_unique(table)
    return table


def expect_unique(table: pd.DataFrame) -> None:
    """Raise InputError if two columns have the same name."""
    if table.columns.has_duplicates:
        repeated = table.columns[table.columns.duplicated()][0]
        raise InputError(f"expected each column once; got {brief(repeated)!r} twice")


def decoded(content: bytes, encodings: Sequence[str] = UNICODE) -> str:
    """Return the text of a file.

    Args:
        content: The file.
        encodings: Tried in order; UTF-16 only if the file begins with its byte-order mark.

    Raises:
        InputError: It is too large or no such text.
    """
    if len(content) > MAX_BYTES:
        raise InputError(f"expected a file of at most {MAX_BYTES >> 20} MiB; it is larger")
    is_utf16 = content[:2] in {b"\xff\xfe", b"\xfe\xff"}
    for encoding in encodings:
        if (encoding == "utf-16") == is_utf16:
            try:
                return content.decode(encoding)
            except UnicodeDecodeError:
                continue
    raise InputError("expected a table as CSV text in UTF-8 or UTF-16; the file is neither. Save it as “CSV UTF-8”")
