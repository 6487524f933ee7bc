"""Writes tables as SPSS ``.sav`` files with labels of variables."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import pandas as pd
import pyreadstat

from emotion.studies.formats.codebook import codebook
from emotion.studies.study import Study

MAX_NAME, MAX_LABEL = 64, 256
"""SPSS' limits, bytes."""

_RESERVED = {"all", "and", "by", "eq", "ge", "gt", "le", "lt", "ne", "not", "or", "to", "with"}
_REFUSED = re.compile(r"\W+")


def write_sav(table: pd.DataFrame, study: Study, path: Path) -> dict[str, str]:
    """Write a table of results as ``.sav``.

    Args:
        table: With columns that are in the codebook.
        study: The study, whose title is the file's label.
        path: The new file.

    Returns:
        The table's columns → names of the variables in the file, because SPSS allows fewer characters.
    """
    names = spss_names(map(str, table.columns))
    book = codebook(study, list(names))
    labels: list[str | None] = [_cut(_label(row), MAX_LABEL) for row in book.itertuples(index=False)]
    plain = pd.DataFrame({
        name: column.astype(str).where(column.notna(), "") if is_text else column.astype("float64")
        for name, column, is_text in ((names[str(key)], table[key], _is_text(table[key])) for key in table)
    })  # fmt: skip
    pyreadstat.write_sav(
        plain, path, file_label=_cut(study.title, 64), column_labels=labels,
        variable_measure={names[str(key)]: "nominal" if _is_text(table[key]) else "scale" for key in table},
    )  # fmt: skip
    return names


def spss_names(columns: Iterable[str]) -> dict[str, str]:
    """Return column → a name that SPSS allows: letters, digits and ``_``, unique even if case is ignored."""
    names: dict[str, str] = {}
    taken: set[str] = set()
    for column in columns:
        base = _cut(_REFUSED.sub("_", column).strip("_"), MAX_NAME) or "v"
        if not base[0].isalpha() or base.casefold() in _RESERVED:
            base = _cut(f"v_{base}", MAX_NAME)
        name, number = base, 2
        while name.casefold() in taken:
            name, number = f"{_cut(base, MAX_NAME - 4)}_{number}", number + 1
        taken.add(name.casefold())
        names[column] = name
    return names


def _label(row: object) -> str:
    unit = f" ({row.unit})" if row.unit else ""  # type: ignore[attr-defined]
    return f"{row.label}{unit}: {row.meaning}"  # type: ignore[attr-defined]


def _is_text(column: pd.Series) -> bool:
    return not pd.api.types.is_numeric_dtype(column)


def _cut(text: str, limit: int) -> str:
    """Return the start of a text, at most ``limit`` bytes in UTF-8, without a partial character."""
    return text.encode()[:limit].decode(errors="ignore")
