"""Writes CSV that spreadsheets open safely: text that would run as a formula is neutralised, and a BOM marks UTF-8.

Excel, LibreOffice and Google Sheets run a cell that begins with one of four signs as a formula, and names, labels
and file names may begin with these. As OWASP ("CSV Injection") advises, such text gets an apostrophe in front;
:func:`restored` removes it. Cells with numbers stay as they are.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

BOM = "\ufeff"
"""Without it, Excel reads UTF-8 in the machine's legacy code page."""

ENCODING = "utf-8-sig"
"""Python's name for UTF-8 with a BOM."""

_SIGNS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""The four signs, white space that spreadsheets skip, and the full-width signs that East Asian versions accept."""

_MARK = "'"


def neutral(text: str) -> str:
    """Return the text of a cell that no spreadsheet runs as a formula."""
    return _MARK + text if text.lstrip(_MARK + " ").startswith(_SIGNS) else text


def restored(text: str) -> str:
    """Return the original of a text from :func:`neutral`."""
    return text[1:] if text.startswith(_MARK) and text.lstrip(_MARK + " ").startswith(_SIGNS) else text


Digits = Callable[[Any], str]


def rounded(value: Any) -> str:
    """Return a number with six significant digits, or with three decimals from 1,000 on.

    No measurement has more than six digits, but they would round frame times to 10 ms from 1,000 s on, and to 0.1 s
    from 10,000 s on.
    """
    return f"{value:.6g}" if abs(value) < 1000 else f"{value:.3f}".rstrip("0").rstrip(".")


def csv_text(table: pd.DataFrame, *, header: bool = True, digits: Digits | None = rounded) -> str:
    """Return a table as CSV with neutral text; unknown values are empty.

    Args:
        table: Any table; its index is left out.
        header: Whether the first row names the columns.
        digits: How numbers are written; None for all digits.
    """
    safe = table.rename(columns=lambda name: neutral(str(name)))
    for place in range(safe.shape[1]):
        column = safe.iloc[:, place]
        if _may_hold_text(column):
            safe.isetitem(place, column.astype(object).map(_neutral_cell).to_numpy(object))
    return str(safe.to_csv(index=False, header=header, float_format=digits, lineterminator="\n"))


def csv_bytes(table: pd.DataFrame, digits: Digits | None = rounded) -> bytes:
    """Return the same as the bytes of a file, with a BOM."""
    return csv_text(table, digits=digits).encode(ENCODING)


def _may_hold_text(column: pd.Series) -> bool:
    if isinstance(column.dtype, pd.CategoricalDtype):
        return any(neutral(str(name)) != name for name in column.cat.categories)
    return not (pd.api.types.is_numeric_dtype(column) or pd.api.types.is_datetime64_any_dtype(column))


def _neutral_cell(value: object) -> object:
    return neutral(value) if isinstance(value, str) else value
