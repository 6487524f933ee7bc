"""Writes an Excel workbook row by row: figures, people, behaviour, timeline, frames, events, model and a codebook."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from emotion.analytics.behaviour.codebook import codebook
from emotion.analytics.behaviour.sampling import sampling_notes
from emotion.analytics.behaviour.summary import behaviour_tables
from emotion.analytics.summary import summarise
from emotion.progress import ProgressReporter
from emotion.report import facts
from emotion.report.edited import Edited
from emotion.report.people import people_rows
from emotion.report.tables import chunks
from emotion.version import program_version

MAX_ROWS = 1_048_576
"""Excel's limit of rows per sheet, including the header."""

MAX_TEXT = 32_767
"""Excel's limit of UTF-16 code units per cell."""

_FORMATS = {
    # Text, so that "=1+1" does not become a formula when the cell is edited.
    facts.TEXT: "@",
    facts.SHARE: "0.0%",
    facts.SECONDS: "0.000",
    facts.COUNT: "#,##0",
    facts.DECIMAL: "0.000",
}
"""Number format of each kind. Every cell needs one, as openpyxl would reuse the style of the cell before."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column's name, kind (see :class:`emotion.report.facts.Fact`) and width in characters."""

    name: str
    kind: str = facts.TEXT
    width: float = 12


class Sheet:
    """One sheet with a fixed header.

    Args:
        book: A write-only workbook.
        title: Title of the sheet, at most 31 characters.
        columns: Its columns.
    """

    def __init__(self, book: Workbook, title: str, columns: Sequence[Column]) -> None:
        self._sheet = book.create_sheet(title)
        self._sheet.freeze_panes = "A2"
        self._kinds = [column.kind for column in columns]
        for place, column in enumerate(columns, start=1):
            self._sheet.column_dimensions[get_column_letter(place)].width = column.width
        # One cell object per kind is reused, as each cell is written before the next one is filled.
        self._cells = {kind: self._cell(number_format) for kind, number_format in _FORMATS.items()}
        self._sheet.append([self._header(column.name) for column in columns])

    def append(self, values: Iterable[Any], kinds: Sequence[str] | None = None) -> None:
        """Write a row, with the columns' kinds by default; NaN and None leave a cell empty."""
        self._sheet.append(self._filled(values, kinds or self._kinds))

    def heading(self, *names: str) -> None:
        """Write another header after an empty row."""
        self._sheet.append([])
        self._sheet.append([self._header(name) for name in names])

    def _filled(self, values: Iterable[Any], kinds: Sequence[str]) -> Iterator[Any]:
        for value, kind in zip(values, kinds, strict=True):
            cell = self._cells[kind]
            if value is None or (isinstance(value, float) and not math.isfinite(value)):
                yield None
                continue
            text = isinstance(value, str)
            cell.value = clean_text(value) if text else value
            # openpyxl would take the text "=1+1" for a formula and "#N/A" for an error.
            cell.data_type = "s" if text else "n"
            yield cell

    def _header(self, text: str) -> Any:
        cell = WriteOnlyCell(self._sheet, text)
        cell.font, cell.fill = Font(bold=True, color="FFFFFF"), PatternFill("solid", fgColor="30475E")
        cell.alignment = Alignment(vertical="center", wrap_text=True)
        return cell

    def _cell(self, number_format: str) -> Any:
        cell = WriteOnlyCell(self._sheet)
        cell.number_format = number_format
        return cell


def clean_text(text: str) -> str:
    """Return text without control characters, truncated with an ellipsis at Excel's limit."""
    clean = ILLEGAL_CHARACTERS_RE.sub("", text)
    units = clean.encode("utf-16-le", "replace")
    if len(units) <= 2 * MAX_TEXT:
        return units.decode("utf-16-le")
    return units[: 2 * (MAX_TEXT - 1)].decode("utf-16-le", "ignore") + "…"


def write_excel(edited: Edited, path: Path, progress: ProgressReporter, max_rows: int = MAX_ROWS) -> None:
    """Write the workbook.

    Args:
        edited: The analysis with its edits.
        path: The file to write.
        progress: Advanced for every chunk of rows.
        max_rows: Rows per sheet, including the header; longer tables continue in numbered sheets.
    """
    book = Workbook(write_only=True)
    try:
        _write_sheets(book, edited, max_rows, progress)
        book.save(path)
    except BaseException:
        _discard(book)
        raise


def _write_sheets(book: Workbook, edited: Edited, max_rows: int, progress: ProgressReporter) -> None:
    summary = summarise(edited.analysis)
    _write_summary(book, edited, summary)
    _write_people(book, edited, summary)
    for title, table in behaviour_tables(edited.behaviour, edited.events()).items():
        _write_table(book, title, edited.named(table), max_rows, progress)
    _write_table(book, "Timeline", edited.named_timeline(), max_rows, progress)
    _write_table(book, "Frames", edited.analysis.frames, max_rows, progress)
    _write_events(book, edited)
    _write_model(book, edited)
    _write_codebook(book, edited)


def _discard(book: Workbook) -> None:
    """Delete the temporary files of an unsaved workbook, which openpyxl keeps until the program ends."""
    for sheet in book.worksheets:
        if not sheet.closed:
            sheet.close()
            sheet._writer.cleanup()


def _write_summary(book: Workbook, edited: Edited, summary: dict[str, Any]) -> None:
    sheet = Sheet(book, "Summary", [Column("Figure", width=28), Column("Value", width=18)])
    for fact in facts.headline_facts(summary):
        sheet.append((fact.name, fact.value), (facts.TEXT, fact.kind))
    sheet.heading("Expression", "Share of face time")
    for label, share in summary["shares"].items():
        sheet.append((label, share), (facts.TEXT, facts.SHARE))
    if notes := sampling_notes(edited.analysis):
        sheet.heading("Not measured", "")
        for note in notes:
            sheet.append((note, None), (facts.TEXT, facts.TEXT))


def _write_people(book: Workbook, edited: Edited, summary: dict[str, Any]) -> None:
    labels = list(summary["shares"])
    columns = [
        Column("Person", width=24),
        Column("Number", facts.COUNT),
        *(Column(name, facts.SECONDS) for name in ("First seen, s", "Last seen, s", "Seen, s")),
        Column("Frames", facts.COUNT),
        Column("Dominant expression", width=20),
        Column("Smile index", facts.SHARE),
        Column("Changes of expression per minute", facts.DECIMAL, 19),
        Column("Steadiness", facts.DECIMAL),
        Column("Moved, s", facts.SECONDS, 18),
        *(Column(f"Share of {label}", facts.SHARE, 18) for label in labels),
    ]
    sheet = Sheet(book, "People", columns)
    for row in people_rows(edited, summary):
        figures = (row.first_s, row.last_s, row.seconds, row.frames, row.dominant, row.smile_index)
        shares = (row.shares.get(label, 0.0) for label in labels)
        movement = (row.changes_per_minute, row.steadiness, row.posture_changed_s)
        sheet.append((row.name, row.track_id, *figures, *movement, *shares))


_SECONDS = {"time_s", "counted_s", "start_s", "end_s", "seconds", "seen_s", "eyes_s", "lids_s", "closed_s", "blink_s"}
_COUNTS = {
    *("frame_index", "track_id", "faces"),
    *("blinks", "winks_left", "winks_right", "closures", "nods", "shakes", "tilts"),
}


def _write_table(book: Workbook, title: str, table: pd.DataFrame, max_rows: int, progress: ProgressReporter) -> None:
    columns = [_column(str(name), table[name]) for name in table]
    for number, part in enumerate(chunks(table, max_rows - 1), start=1):
        sheet = Sheet(book, title if number == 1 else f"{title} {number}", columns)
        for rows in chunks(part):
            # As Python numbers, as openpyxl does not support float32.
            for row in zip(*(_plain_values(rows[name]) for name in rows), strict=True):
                sheet.append(row)
            progress.advance(len(rows))


def _column(name: str, values: pd.Series) -> Column:
    if not pd.api.types.is_numeric_dtype(values):
        return Column(name, width=16)
    kind = facts.SECONDS if name in _SECONDS else facts.COUNT if name in _COUNTS else facts.DECIMAL
    return Column(name, kind, max(11, len(name) + 3))


def _plain_values(values: pd.Series) -> list[Any]:
    return values.to_list() if pd.api.types.is_numeric_dtype(values) else values.astype(str).to_list()


def _write_events(book: Workbook, edited: Edited) -> None:
    times = [Column(name, facts.SECONDS) for name in ("Start, s", "End, s")]
    sheet = Sheet(book, "Events", [*times, Column("Label", width=48), Column("Left out of figures", width=20)])
    for event in edited.events():
        sheet.append((event.span.start_s, event.span.end_s, event.label, "yes" if event.excluded else "no"))


def _write_model(book: Workbook, edited: Edited) -> None:
    sheet = Sheet(book, "Model and settings", [Column("What", width=32), *[Column("", width=22)] * 4])
    sheet.append(("Written by", f"emotion {program_version()}"), (facts.TEXT, facts.TEXT))
    for fact in facts.settings_facts(edited.analysis) + facts.model_facts(edited.analysis):
        sheet.append((fact.name, fact.value), (facts.TEXT, fact.kind))
    for scores in facts.model_scores(edited.analysis.model):
        sheet.heading(f"Measured on {scores.title}", "precision", "recall", "F1", "faces")
        sheet.append(("accuracy", None, scores.accuracy, None, scores.faces), _SCORE_KINDS)
        for label, figures in scores.per_label.items():
            sheet.append((label, *figures), _SCORE_KINDS)
    sheet.heading("Limits")
    for limit in facts.LIMITS:
        sheet.append((limit,), (facts.TEXT,))


def _write_codebook(book: Workbook, edited: Edited) -> None:
    widths = {"Table": 20, "Column": 30, "Unit": 24, "Meaning": 90, "Resembles (FACS)": 18}
    sheet = Sheet(book, "Codebook", [Column(name, width=width) for name, width in widths.items()])
    for entry in codebook(edited.analysis.labels):
        sheet.append((entry.table, entry.column, entry.unit, entry.meaning, entry.resembles))


_SCORE_KINDS = (facts.TEXT, facts.SHARE, facts.SHARE, facts.SHARE, facts.COUNT)
