"""Stores the results of a batch: one row per video in ``summary.parquet``, or in ``errors.parquet`` if it failed.

Both files are rewritten whole from time to time, so they can be read while the batch runs. If the batch is killed, rows
may be missing whose timelines exist; the next run reads those timelines instead of analysing again.
"""

from __future__ import annotations

import io
import time
from collections.abc import Sequence
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from emotion.analytics.behaviour.summary import HEADLINE
from emotion.batch.inputs import Video
from emotion.batch.work import FILE, KILLED, UNEXPECTED, Row
from emotion.engine.storage import Storage
from emotion.errors import BatchError
from emotion.model_card import RENAMED

SUMMARY, ERRORS = "summary.parquet", "errors.parquet"
LASTING = (FILE, KILLED, UNEXPECTED)
"""Kinds of errors that would recur in another run with the same video."""

_KEY = ["source", "settings"]
_TEXT, _NUMBER, _COUNT, _MOMENT = pa.string(), pa.float64(), pa.int64(), pa.timestamp("us", "UTC")
_COLUMNS = {
    **dict.fromkeys(["source", "name", "settings", "stamp", "id", "timeline", "sha256"], _TEXT),
    "bytes": _COUNT,
    **dict.fromkeys(["model", "detector", "program"], _TEXT),
    **{"every": _COUNT, "fps": _NUMBER, "start_s": _NUMBER, "end_s": _NUMBER},
    **{"complete": pa.bool_(), "note": _TEXT, "width": _COUNT, "height": _COUNT},
    **{"duration_s": _NUMBER, "analysed_s": _NUMBER},
    **dict.fromkeys(["frames", "frames_with_face", "frames_without_face", "faces", "people"], _COUNT),
    **{"abstain_below": _NUMBER, "dominant": _TEXT, "smile_index": _NUMBER, "changes_per_minute": _NUMBER},
    **dict.fromkeys(HEADLINE, _NUMBER),
    **{"work_s": _NUMBER, "finished_at": _MOMENT},
}
_ERROR_COLUMNS = {
    **dict.fromkeys(["source", "name", "settings", "stamp", "kind", "reason", "detail"], _TEXT),
    **{"tries": _COUNT, "finished_at": _MOMENT},
}
_SHARE = "share_"
_REST_S = 10.0
"""Minimum time between two writes, s."""
_REST_SHARE = 20
"""Minimum time between two writes, as a multiple of the time that the last one took."""


class Results:
    """The rows of a results folder, including those of earlier runs.

    Args:
        storage: The folder.

    Raises:
        BatchError: The existing tables cannot be read.
    """

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._new: list[Row] = []
        self._has_new = False
        # If a video is in both tables, the run was killed between writing the two: its timeline counts.
        self._table = _joined([_read(storage, ERRORS), _read(storage, SUMMARY)])
        self._is_written = storage.exists(SUMMARY) and storage.exists(ERRORS)
        self._write_at = time.monotonic() + _REST_S

    def add(self, row: Row) -> None:
        """Add the row of a video, replacing an earlier one, and write all rows if enough time has passed."""
        self._new.append(row)
        self._has_new = True
        if time.monotonic() >= self._write_at:
            self.write()

    def write(self) -> None:
        """Write both tables if there are new rows.

        Raises:
            OSError: They cannot be written; the previous tables are kept.
        """
        if self._is_written and not self._has_new:
            return
        started = time.monotonic()
        self._fold()
        failed = pc.is_valid(self._table["reason"])
        shares = [name for name in self._table.column_names if name.startswith(_SHARE)]
        _write(self._storage, SUMMARY, self._table.filter(pc.invert(failed)).select([*_COLUMNS, *shares]))
        _write(self._storage, ERRORS, self._table.filter(failed).select([*_ERROR_COLUMNS]))
        self._is_written, self._has_new = True, False
        took_s = time.monotonic() - started
        self._write_at = time.monotonic() + max(_REST_S, _REST_SHARE * took_s)

    def missing(self, videos: Sequence[Video], settings_id: str, *, retry: bool = False) -> list[Video]:
        """Return the videos that have neither a timeline nor an error that would recur.

        Args:
            videos: All of them.
            settings_id: ID of the settings.
            retry: Whether all videos with an error count as missing.
        """
        self._fold()
        table = self._table.filter(pc.equal(self._table["settings"], settings_id))
        there = {key for n in range(256) for key in self._storage.keys(f"timelines/{n:02x}")}
        rows = zip(*(table[name].to_pylist() for name in ("source", "stamp", "kind", "timeline")), strict=True)
        done = {
            (source, stamp)
            for source, stamp, kind, timeline in rows
            if stamp and (timeline in there if kind is None else kind in LASTING and not retry)
        }
        return [video for video in videos if (video.shown, video.stamp) not in done]

    def count(self, videos: Sequence[Video], settings_id: str) -> tuple[int, int, int]:
        """Return how many of the videos have a timeline, an incomplete timeline, and an error."""
        table = self._rows_of(videos, settings_id)
        timelines = table["kind"].null_count
        # Rows of errors have no value of ``complete``, so they are not counted as incomplete.
        incomplete = pc.sum(pc.invert(table["complete"])).as_py() or 0
        return timelines, incomplete, len(table) - timelines

    def reasons(self, videos: Sequence[Video], settings_id: str, most: int) -> list[tuple[str, str]]:
        """Return the names of the first videos that have an error, with its reason.

        Args:
            videos: All of them.
            settings_id: ID of the settings.
            most: Maximum number of videos.
        """
        table = self._rows_of(videos, settings_id)
        failed = table.filter(pc.is_valid(table["reason"])).slice(0, most)
        return list(zip(failed["name"].to_pylist(), failed["reason"].to_pylist(), strict=True))

    def _rows_of(self, videos: Sequence[Video], settings_id: str) -> pa.Table:
        self._fold()
        table = self._table.filter(pc.equal(self._table["settings"], settings_id))
        return table.filter(pc.is_in(table["source"], pa.array([video.shown for video in videos], _TEXT)))

    def _fold(self) -> None:
        """Merge the new rows into the table; each replaces an earlier one of the same video."""
        if self._new:
            self._table, self._new = _joined([self._table, _table(self._new)]), []


def _table(rows: list[Row]) -> pa.Table:
    types = _ERROR_COLUMNS | _COLUMNS
    shares = sorted({name for row in rows for name in row if name.startswith(_SHARE)})
    schema = pa.schema([*types.items(), *((name, _NUMBER) for name in shares)])
    return pa.Table.from_pylist(rows, schema)


def _joined(tables: list[pa.Table]) -> pa.Table:
    """Return all rows, only the last for each pair of video and settings."""
    table = pa.concat_tables(tables, promote_options="default")
    keys: pd.DataFrame = table.select(_KEY).to_pandas()
    return table.filter(pa.array(~keys.duplicated(keep="last")))


def _read(storage: Storage, name: str) -> pa.Table:
    if not storage.exists(name):
        return _table([])
    try:
        with storage.reading(name) as file:
            found: Any = pq.read_table(io.BytesIO(file.read()))
        found = found.rename_columns([RENAMED.get(name, name) for name in found.column_names])
        return pa.concat_tables([_table([]), found], promote_options="permissive")
    except (OSError, pa.ArrowException) as error:
        raise BatchError(f"expected {name} as written by a batch; it cannot be read: {error}") from error


def _write(storage: Storage, name: str, table: pa.Table) -> None:
    with storage.writing(name) as file:
        pq.write_table(table, file, compression="zstd")
