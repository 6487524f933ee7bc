"""Builds a study from a CSV sheet with one row per participant and stimulus, and writes such a sheet."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

import pandas as pd

from emotion.csv_text import restored
from emotion.errors import InputError, brief, printable_line
from emotion.output_names import folded_name
from emotion.studies.names import ONLY_STIMULUS, PARTICIPANT, STIMULUS, study_of_rows
from emotion.studies.study import Cell, Consent, Study
from emotion.studies.text_tables import TableLimits, expect_unique, read_text_table

FILE, START, END, TRACK, CONSENT, EXCLUDED = "file", "start_s", "end_s", "track", "consent", "excluded"
OWN = (PARTICIPANT, STIMULUS, FILE, START, END, TRACK, CONSENT, EXCLUDED)
"""Columns with a meaning; all others are variables."""

LIMITS = TableLimits(100_000, 1_000, 16 << 20)
_CONSENTS = {
    **{str(each): each for each in Consent},
    **dict.fromkeys(("yes", "true", "1"), Consent.GIVEN),
    **dict.fromkeys(("no", "false", "0"), Consent.WITHDRAWN),
    "": Consent.NOT_RECORDED,
}


def read_sheet(content: bytes) -> pd.DataFrame:
    """Return a CSV file as text columns; commas, semicolons or tabs separate them.

    Raises:
        InputError: It is not a table, has no column ``participant``, has a column twice, or is too large.
    """
    table = read_text_table(content, LIMITS)
    table.columns = [printable_line(restored(str(name))) for name in table.columns]
    table.columns = [name.lower() if name.lower() in OWN else name for name in table.columns]
    if PARTICIPANT not in table:
        names = ", ".join(map(brief, table.columns))
        raise InputError(f"expected a column “participant”; got {names}")
    expect_unique(table)
    return table.map(lambda value: printable_line(restored(value)))


def study_of_sheet(table: pd.DataFrame, files: Mapping[str, str], title: str = "") -> tuple[Study, list[str]]:
    """Build a study from :func:`read_sheet`'s table.

    Args:
        table: With the columns ``participant`` and ``file``, and if needed ``stimulus``, ``start_s``, ``end_s``,
            ``track``, ``consent`` and ``excluded``; other columns are variables.
        files: Analysis ID → file name. A row's ``file`` is an ID, or a name with or without its ending.
        title: The study's title.

    Returns:
        The study and the files that there is no analysis of; their participants and stimuli are in the study.

    Raises:
        InputError: A value is not what its column needs, or a file is ambiguous.
    """
    known, ids = _people(table), _ids_of(files)
    rows, unknown = [], []
    for record in table.to_dict("records"):
        file = record.get(FILE, "")
        analysis = file if file in files else _single_id(ids.get(_folded(file), []), file)
        if file and analysis is None:
            unknown.append(file)
        variables = {str(name): value for name, value in record.items() if name not in OWN and value}
        rows.append((_cell(record, analysis or ""), variables))
    study = study_of_rows(rows, title, known)
    return study.without_cells(cell.key for cell, _ in rows if not cell.analysis), unknown


def sheet_of(study: Study, files: Mapping[str, str]) -> pd.DataFrame:
    """Return a study as a table that :func:`study_of_sheet` reads; cells without an analysis have no ``file``.

    Variables that are named like another column are renamed.
    """
    cells, ids = {cell.key: cell for cell in study.cells}, _ids_of(files)
    names = *study.variables("participants"), *study.variables("stimuli")
    # The reader ignores case.
    named = study.with_free_variables([*OWN, *(name for name in names if name.lower() in OWN)])
    rows = []
    for person in named.participants:
        for stimulus in named.stimuli:
            cell = cells.get((person.name, stimulus.name))
            rows.append(
                {
                    PARTICIPANT: person.name,
                    STIMULUS: stimulus.name,
                    FILE: "" if cell is None else _file(cell.analysis, files, ids),
                    START: None if cell is None else cell.start_s,
                    END: None if cell is None else cell.end_s,
                    TRACK: None if cell is None else cell.track,
                    CONSENT: str(person.consent),
                    EXCLUDED: person.excluded,
                    **person.variables,
                    **stimulus.variables,
                }
            )
    return pd.DataFrame(rows, columns=[*OWN, *named.variables("participants"), *named.variables("stimuli")])


def _people(table: pd.DataFrame) -> dict[str, dict[str, str]]:
    """Return participant → consent and reason of exclusion, from the rows that have some."""
    known: dict[str, dict[str, str]] = {}
    for record in table.to_dict("records"):
        person, consent = known.setdefault(record[PARTICIPANT], {}), record.get(CONSENT, "").lower()
        if consent not in _CONSENTS:
            raise InputError(f"expected consent to be given, withdrawn or not recorded; got {brief(consent)!r}")
        if consent:
            person[CONSENT] = _CONSENTS[consent]
        if record.get(EXCLUDED, ""):
            person[EXCLUDED] = record[EXCLUDED]
    return known


def _ids_of(files: Mapping[str, str]) -> dict[str, list[str]]:
    """Return file name → IDs of the analyses of that file.

    Names without their ending are keys too, unless they are the whole name of another file.
    """
    whole: dict[str, list[str]] = {}
    stems: dict[str, list[str]] = {}
    for analysis, name in files.items():
        whole.setdefault(_folded(name), []).append(analysis)
        stems.setdefault(_folded(PurePath(name).stem), []).append(analysis)
    return stems | whole


def _folded(path: str) -> str:
    """Return the name of a file without its folders, for comparison."""
    return folded_name(printable_line(PurePath(path.replace("\\", "/")).name))


def _file(analysis: str, files: Mapping[str, str], ids: Mapping[str, list[str]]) -> str:
    """Return the name of an analysis' file, or the ID of the analysis if other analyses are found by that name too."""
    name = files.get(analysis, analysis)
    return name if ids.get(_folded(name)) == [analysis] else analysis


def _single_id(ids: list[str], file: str) -> str | None:
    if len(ids) > 1:
        raise InputError(f"expected one analysis of {brief(file)!r}; the library has {len(ids)}, so name its ID")
    return ids[0] if ids else None


def _cell(record: Mapping[Any, str], analysis: str) -> Cell:
    return Cell(
        participant=record[PARTICIPANT],
        stimulus=record.get(STIMULUS, "") or ONLY_STIMULUS,
        analysis=analysis,
        start_s=_number(record, START),
        end_s=_number(record, END),
        track=_track(record),
    )


def _track(record: Mapping[Any, str]) -> int | None:
    number = _number(record, TRACK)
    if number is None:
        return None
    if number < 1 or not number.is_integer():
        raise InputError(f"expected the number of a track, from 1, in the column {TRACK}; got {brief(record[TRACK])!r}")
    return int(number)


def _number(record: Mapping[Any, str], name: str) -> float | None:
    text = record.get(name, "")
    if not text:
        return None
    try:
        number = float(text.replace(",", "."))
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise InputError(f"expected a number in the column {name}; got {brief(text)!r}")
    return number
