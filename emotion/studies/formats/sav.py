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
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,9})(?:\.[0-9]{1,9})?")
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
    columns: dict[str, pd.Series] = {}
    levels: dict[str, str] = {}
    variables = {*study.variables("participants"), *study.variables("stimuli")}
    for key, name in names.items():
        column = table[key]
        if key in variables and _holds_numbers(column):
            # Numbers may be codes of groups, so the level of measurement is left to SPSS or its user.
            columns[name], levels[name] = pd.to_numeric(column).astype("float64"), "unknown"
        elif pd.api.types.is_numeric_dtype(column):
            columns[name], levels[name] = column.astype("float64"), "scale"
        else:
            columns[name], levels[name] = column.astype(str).where(column.notna(), ""), "nominal"
    pyreadstat.write_sav(
        pd.DataFrame(columns), path, file_label=_cut(study.title, 64), column_labels=labels, variable_measure=levels
    )
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


def _holds_numbers(column: pd.Series) -> bool:
    """Return whether all known values of a variable are numbers; codes such as 007 are not, nor are long ones."""
    known = column.dropna().astype(str)
    return len(known) > 0 and all(_NUMBER.fullmatch(value) for value in known)


def _cut(text: str, limit: int) -> str:
    """Return the start of a text, at most ``limit`` bytes in UTF-8, without a partial character."""
    return text.encode()[:limit].decode(errors="ignore")
