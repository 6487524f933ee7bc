"""Writes the timeline as CSV, Parquet and JSON, movements and the codebook as CSV, in chunks to limit memory."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, TextIO

import pandas as pd

from emotion.analytics.behaviour.codebook import codebook_table
from emotion.analytics.behaviour.summary import behaviour_summary, records
from emotion.analytics.episodes import episodes
from emotion.analytics.files import save_parquet
from emotion.analytics.summary import summarise
from emotion.csv_text import ENCODING, csv_text
from emotion.progress import ProgressReporter
from emotion.report.edited import Edited
from emotion.version import program_version
from emotion.vision.movement_codebook import MOVEMENT_COLUMNS

CHUNK_ROWS = 20_000


def write_csv(edited: Edited, path: Path, progress: ProgressReporter) -> None:
    """Write the timeline with names as UTF-8 with a BOM and a header row; unknown values are empty."""
    _write_csv(edited.named_timeline(), path, progress)


def write_movements(edited: Edited, path: Path, progress: ProgressReporter) -> None:
    """Write the movements of every face, relative to the person's rest, as CSV like :func:`write_csv`."""
    behaviour = edited.behaviour
    keys = behaviour.rows[["time_s", "track_id"]]
    rows = edited.named(keys.assign(rest=keys["track_id"].map(behaviour.people["rest"])))
    rows.insert(0, "frame_index", edited.analysis.timeline["frame_index"])
    # The mesh is less precise than the fifth decimal of the eye distance.
    _write_csv(rows.join(behaviour.rows[list(MOVEMENT_COLUMNS)].round(5)), path, progress)


def write_codebook(edited: Edited, path: Path, progress: ProgressReporter) -> None:
    """Write the unit and meaning of every column of the tables as CSV."""
    _write_csv(codebook_table(edited.analysis.labels), path, progress)


def _write_csv(table: pd.DataFrame, path: Path, progress: ProgressReporter) -> None:
    with path.open("w", encoding=ENCODING, newline="") as file:
        for number, rows in enumerate(chunks(table)):
            file.write(csv_text(rows, header=number == 0))
            progress.advance(len(rows))


def write_parquet(edited: Edited, path: Path, progress: ProgressReporter) -> None:
    """Write the analysis with its edits as one Parquet file, which this program reads back."""
    save_parquet(edited.analysis, path, edits=edited.edits)
    progress.advance(len(edited.analysis.timeline))


def write_json(edited: Edited, path: Path, progress: ProgressReporter) -> None:
    """Write facts, figures and every row as one JSON object; unknown values are null."""
    with path.open("w", encoding="utf-8") as file:
        head = json.dumps(json_head(edited), ensure_ascii=False, indent=2)
        file.write(head.removesuffix("\n}"))
        write_records(file, "episodes", episodes(edited.analysis), progress)
        write_records(file, "timeline", edited.named_timeline(), progress)
        write_records(file, "frames", edited.analysis.frames, progress)
        file.write("\n}\n")


def json_head(edited: Edited) -> dict[str, Any]:
    """Return the JSON file's content without rows."""
    analysis = edited.analysis
    return {
        "program": {"name": "emotion", "version": program_version()},
        "source": analysis.source,
        "complete": analysis.complete,
        "note": analysis.note,
        "video": asdict(analysis.info),
        "model": analysis.model,
        "labels": list(analysis.labels),
        "abstain_below": analysis.abstain_below,
        "settings": analysis.settings,
        "people": {str(track): name for track, name in edited.names().items()},
        "edits": edited.edits.to_dict(),
        "methods": edited.methods,
        "summary": summarise(analysis),
        "behaviour": behaviour_summary(analysis, edited.behaviour, edited.events()),
        "codebook": records(codebook_table(analysis.labels)),
    }


def write_records(
    file: TextIO, key: str, table: pd.DataFrame, progress: ProgressReporter, chunk_rows: int = CHUNK_ROWS
) -> None:
    """Write ``, "key": [one row per line]``, chunk by chunk."""
    file.write(f',\n  "{key}": [')
    first = True
    for rows in chunks(table, chunk_rows):
        text = rows.to_json(orient="records", lines=True, double_precision=6, force_ascii=False)
        for line in text.splitlines():
            file.write(("\n    " if first else ",\n    ") + line)
            first = False
        progress.advance(len(rows))
    file.write("\n  ]")


def chunks(table: pd.DataFrame, size: int = CHUNK_ROWS) -> Iterator[pd.DataFrame]:
    """Yield a table in chunks of consecutive rows, or one empty chunk."""
    for start in range(0, max(len(table), 1), size):
        yield table.iloc[start : start + size]
