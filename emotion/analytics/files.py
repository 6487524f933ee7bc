"""Saves a whole analysis as one Parquet file, which any reader opens as the timeline.

The video, the model, the settings, the frames and the edits are in the file's key–value metadata.
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
from emotion.analytics.parquet_limits import check_footer, check_rows
from emotion.analytics.timeline import EYES, MEASURES, column_types, validate
from emotion.errors import InputError, TimelineError, TooLargeError, brief
from emotion.model_card import with_current_keys
from emotion.types import Analysis, VideoInfo

SCHEMA_VERSION = 3
"""Increased when older versions would misread the file. Version 2, without measures of movements, is still read, and
version 1, without its ``eye_openness``, which was measured in the mesh."""

_ABOUT = b"emotion.analysis"
_FRAMES = b"emotion.frames"
_EDITS = b"emotion.edits"

_BROKEN = (OSError, ValueError, TypeError, KeyError, AttributeError, pa.ArrowException)
"""Errors when reading a damaged file or one with unexpected types."""


def save_parquet(analysis: Analysis, path: str | Path, edits: Edits | None = None) -> Path:
    """Write an analysis as one Parquet file, atomically.

    ``pandas.read_parquet`` reads its timeline, :func:`load_parquet` the analysis, :func:`load_edits` the edits.

    Raises:
        TimelineError: The analysis' table is not a timeline.
    """
    target = Path(path)
    table = to_arrow(analysis, edits)
    partial = target.with_name(f".{target.name}.partial")
    try:
        pq.write_table(table, partial, compression="zstd")
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
    return target


def load_parquet(path: str | Path, *, limited: bool = False) -> Analysis:
    """Read what :func:`save_parquet` wrote.

    Args:
        path: The file.
        limited: Refuse what is too large for a file from anybody (:mod:`emotion.analytics.parquet_limits`).

    Raises:
        TimelineError: The file cannot be read, is not an analysis, or is of a newer version.
        TooLargeError: It is over a limit.
    """
    try:
        if limited:
            check_footer(Path(path), Path(path).name)
        table = pq.read_table(path)
    except MemoryError:  # Arrow's is also an ArrowException, but the file is not damaged
        raise
    except _BROKEN as error:
        raise _unreadable(path, error) from error
    return from_arrow(table, Path(path).name, limited=limited)


def to_arrow(analysis: Analysis, edits: Edits | None = None) -> pa.Table:
    """Return the table that :func:`save_parquet` writes, with everything else in its metadata.

    Raises:
        TimelineError: The analysis' table is not a timeline.
    """
    table = pa.Table.from_pandas(validate(analysis.timeline), preserve_index=False)
    own = {_ABOUT: json.dumps(_about(analysis)).encode(), _FRAMES: _pack(analysis.frames)}
    if edits is not None:
        own[_EDITS] = json.dumps(edits.to_dict()).encode()
    return table.replace_schema_metadata((table.schema.metadata or {}) | own)


def from_arrow(table: pa.Table, name: str, *, limited: bool = False) -> Analysis:
    """Return the analysis of :func:`to_arrow`'s table.

    Args:
        table: The table.
        name: Name of the file in messages.
        limited: Refuse too many frames, as :func:`load_parquet` does.

    Raises:
        TimelineError: The table is not an analysis, is damaged, or is of a newer version.
        TooLargeError: It is over a limit.
    """
    own = table.schema.metadata or {}
    if _ABOUT not in own or _FRAMES not in own:
        raise TimelineError(f"expected an analysis saved by this program; {name} is a different table")
    try:
        about, frames = json.loads(own[_ABOUT]), _unpack(own[_FRAMES], name if limited else None)
        if about["schema"] not in {1, 2, SCHEMA_VERSION}:
            raise TimelineError(f"expected schema version 1, 2 or {SCHEMA_VERSION}; {name} has {about['schema']}")
        rows = table.to_pandas()
        if about["schema"] != SCHEMA_VERSION:
            rows = _from_earlier(rows, about)
        # Restores categories that no row uses, which Parquet drops.
        return _analysis(about, validate(rows.astype(column_types(about["labels"]))), frames)
    except (TimelineError, TooLargeError, MemoryError):
        raise
    except _BROKEN as error:
        raise _unreadable(name, error) from error


def _from_earlier(rows: pd.DataFrame, about: dict[str, Any]) -> pd.DataFrame:
    """Return the rows of version 1 or 2 with empty columns for what it did not measure, and settings that say so.

    The eye column of version 1 is dropped, because the mesh's lids do not follow the real ones.
    """
    missing, settings = MEASURES, {"movements": False}
    if about["schema"] == 1:
        rows, missing, settings = rows.drop(columns="eye_openness"), [*EYES, *MEASURES], settings | {"eyes": False}
    about["settings"] = settings | about["settings"]
    return rows.assign(**dict.fromkeys(missing, float("nan")))[list(column_types(about["labels"]))]


def load_edits(path: str | Path) -> Edits:
    """Return the edits in a Parquet file, possibly none.

    Raises:
        TimelineError: The file cannot be read.
    """
    try:
        packed = (pq.read_schema(path).metadata or {}).get(_EDITS, b"{}")
        return Edits.from_dict(json.loads(packed))
    except (*_BROKEN, InputError) as error:
        raise _unreadable(path, error) from error


def _unreadable(path: str | Path, error: Exception) -> TimelineError:
    # Messages must not contain absolute paths.
    if isinstance(error, FileNotFoundError):
        return TimelineError(f"expected a Parquet file; there is no {Path(path).name}")
    if isinstance(error, pa.ArrowInvalid):
        return TimelineError(f"expected a Parquet file; {Path(path).name} is damaged or not one")
    reason = brief(str(error).replace(str(path), Path(path).name))
    return TimelineError(f"expected a Parquet file; {Path(path).name} cannot be read: {reason}")


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
    """Return the frames as an Arrow IPC stream with zstd, in base64, as metadata must be text."""
    table = pa.Table.from_pandas(frames, preserve_index=False)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as stream:
        stream.write_table(table)
    return base64.b64encode(sink.getvalue().to_pybytes())


def _unpack(packed: bytes, limited_name: str | None) -> pd.DataFrame:
    """Return the frames; under a limit on their number if the name of the file is given."""
    rows, batches = 0, []
    with pa.ipc.open_stream(base64.b64decode(packed)) as stream:
        for batch in stream:
            rows += len(batch)
            if limited_name is not None:
                check_rows(rows, limited_name)
            batches.append(batch)
        frames: pd.DataFrame = pa.Table.from_batches(batches, stream.schema).to_pandas()
    return frames
