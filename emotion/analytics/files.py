"""Analyses on disk: a Parquet file that any reader opens as the timeline, and CSV.

What the table cannot say (the video, the model, the settings, the frames without
a face) travels in the Parquet file's own key–value metadata, so that one file is
the whole analysis.
"""

from __future__ import annotations

import base64
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from emotion.analytics.edits import Edits
from emotion.analytics.timeline import EYES, column_types, validate
from emotion.csv_text import csv_text
from emotion.errors import InputError, TimelineError, brief
from emotion.saved_keys import with_current_keys
from emotion.types import Analysis, PathLike, VideoInfo

SCHEMA_VERSION = 2
"""Raised when a reader of the older version would misread the file. Version 1 is still read, without its
``eye_openness``, which came from the mesh."""

_ABOUT = b"emotion.analysis"
_FRAMES = b"emotion.frames"
_EDITS = b"emotion.edits"

_BROKEN = (OSError, ValueError, TypeError, KeyError, AttributeError, pa.ArrowException)
"""What reading raises over a file that is damaged, or whose parts are not of the kinds that they should be."""


def save_parquet(analysis: Analysis, path: PathLike, edits: Edits | None = None) -> Path:
    """Write an analysis as one Parquet file, all or nothing.

    ``pandas.read_parquet`` gives its timeline; :func:`load_parquet` gives all of it,
    :func:`load_edits` what a person added to it.

    Raises:
        TimelineError: The analysis holds a table that is not a timeline.
    """
    target = Path(path)
    table = to_arrow(analysis, edits)
    # A reader never sees half a file: it is written beside its place and then moved there.
    partial = target.with_name(f".{target.name}.partial")
    try:
        pq.write_table(table, partial, compression="zstd")
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
    return target


def load_parquet(path: PathLike) -> Analysis:
    """Read what :func:`save_parquet` wrote.

    Raises:
        TimelineError: The file cannot be read, is not an analysis, or is of a newer version.
    """
    try:
        table = pq.read_table(path)
    except MemoryError:  # Arrow's is one of its own errors as well, and nothing is wrong with the file
        raise
    except _BROKEN as error:
        raise _unreadable(path, error) from error
    return from_arrow(table, Path(path).name)


def to_arrow(analysis: Analysis, edits: Edits | None = None) -> pa.Table:
    """Return the table that :func:`save_parquet` writes, with all that is no row in its metadata.

    Raises:
        TimelineError: The analysis holds a table that is not a timeline.
    """
    table = pa.Table.from_pandas(validate(analysis.timeline), preserve_index=False)
    own = {_ABOUT: json.dumps(_about(analysis)).encode(), _FRAMES: _pack(analysis.frames)}
    if edits is not None:
        own[_EDITS] = json.dumps(edits.to_dict()).encode()
    return table.replace_schema_metadata((table.schema.metadata or {}) | own)


def from_arrow(table: pa.Table, name: str) -> Analysis:
    """Return the analysis of :func:`to_arrow`'s table.

    Args:
        table: The table.
        name: Of the file that it came from, for messages.

    Raises:
        TimelineError: The table is not an analysis, is damaged, or is of a newer version.
    """
    own = table.schema.metadata or {}
    if _ABOUT not in own or _FRAMES not in own:
        raise TimelineError(f"expected an analysis saved by this program; {name} is another table")
    try:
        about, frames = json.loads(own[_ABOUT]), _unpack(own[_FRAMES])
        if about["schema"] not in {1, SCHEMA_VERSION}:
            raise TimelineError(f"expected schema version {SCHEMA_VERSION} or 1; {name} has {about['schema']}")
        rows = table.to_pandas()
        if about["schema"] == 1:
            about["settings"] = {"eyes": False} | about["settings"]
            rows = _from_version_1(rows, about["labels"])
        # Parquet forgets categories that no row uses; the label set brings them back.
        return _analysis(about, validate(rows.astype(column_types(about["labels"]))), frames)
    except (TimelineError, MemoryError):
        raise
    except _BROKEN as error:
        raise _unreadable(name, error) from error


def _from_version_1(rows: pd.DataFrame, labels: list[str]) -> pd.DataFrame:
    """Return the rows with empty eye columns; the old one is dropped, as the mesh's lids do not follow the eyes'."""
    empty = dict.fromkeys(EYES, float("nan"))
    return rows.drop(columns="eye_openness").assign(**empty)[list(column_types(labels))]


def load_edits(path: PathLike) -> Edits:
    """Return the edits that a Parquet file carries; none where it was saved without.

    Raises:
        TimelineError: The file cannot be read.
    """
    try:
        packed = (pq.read_schema(path).metadata or {}).get(_EDITS, b"{}")
        return Edits.from_dict(json.loads(packed))
    except (*_BROKEN, InputError) as error:
        raise _unreadable(path, error) from error


def _unreadable(path: PathLike, error: Exception) -> TimelineError:
    # The library names the file by its whole path, which is nobody's business.
    said = brief(str(error).replace(str(path), Path(path).name))
    return TimelineError(f"expected a Parquet file; {Path(path).name} cannot be read: {said}")


def to_csv(timeline: pd.DataFrame) -> str:
    """Return a timeline as CSV text with a header row; see :func:`emotion.csv_text.csv_text`."""
    return csv_text(timeline)


def _about(analysis: Analysis) -> dict[str, Any]:
    return {
        "schema": SCHEMA_VERSION,
        "info": asdict(analysis.info),
        "model": analysis.model,
        "labels": list(analysis.labels),
        "settings": analysis.settings,
        "source": analysis.source,
        "complete": analysis.complete,
        "note": analysis.note,
    }


def _analysis(about: dict[str, Any], timeline: pd.DataFrame, frames: pd.DataFrame) -> Analysis:
    return Analysis(
        info=VideoInfo(**about["info"]),
        timeline=timeline,
        frames=frames,
        model=about["model"],
        labels=tuple(about["labels"]),
        settings=with_current_keys(about["settings"]),
        source=about["source"],
        complete=about["complete"],
        note=about["note"],
    )


def _pack(frames: pd.DataFrame) -> bytes:
    """Return the frames as an Arrow IPC stream, zstd, base64 (metadata must be text)."""
    table = pa.Table.from_pandas(frames, preserve_index=False)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as stream:
        stream.write_table(table)
    return base64.b64encode(sink.getvalue().to_pybytes())


def _unpack(packed: bytes) -> pd.DataFrame:
    frames: pd.DataFrame = pa.ipc.open_stream(base64.b64decode(packed)).read_pandas()
    return frames
