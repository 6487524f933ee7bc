"""Reads what a study needs of one timeline as arrays, with edits applied."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from emotion.analytics.apply import apply_edits, with_duration
from emotion.analytics.derived import can_derive, intensity, valence
from emotion.analytics.durations import counted_durations
from emotion.analytics.edits import Edits
from emotion.analytics.files import from_arrow, load_parquet
from emotion.analytics.timeline import labels_of
from emotion.errors import TimelineError, brief
from emotion.studies.measures import DERIVED, NOT_MEASURES, name_of
from emotion.types import Analysis

_KEYS = ("frame_index", "time_s", "track_id")


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """The rows of one timeline and the frames of its video.

    Attributes:
        time_s: ``(n,)`` times, s, ascending.
        track: ``(n,)`` tracks.
        seconds: ``(n,)`` durations that the rows count for, s.
        measures: Names of the ``m`` measures.
        values: ``(n, m)`` float64; NaN where a measure is unknown.
        frame_time_s: ``(f,)`` times of all analysed frames, s, ascending.
        frame_seconds: ``(f,)`` durations that the frames count for, s.
    """

    time_s: NDArray[np.float64]
    track: NDArray[np.int32]
    seconds: NDArray[np.float64]
    measures: tuple[str, ...]
    values: NDArray[np.float64]
    frame_time_s: NDArray[np.float64]
    frame_seconds: NDArray[np.float64]


def read_rows(path: Path, edits: Edits) -> Rows:
    """Return the rows of an analysis' Parquet file, with merged and hidden tracks and excluded spans applied.

    Raises:
        TimelineError: The file is damaged or not an analysis.
        InputError: The edits contradict each other.
    """
    if edits.merged or edits.hidden or any(event.excluded for event in edits.events):
        return rows_of(apply_edits(load_parquet(path), edits))
    # Only the columns that are needed, and no checks of every row: the program wrote the file.
    try:
        file = pq.ParquetFile(path)
        # The metadata is enough: how long the last frame lasts depends on frames, video and settings.
        frames = with_duration(from_arrow(file.schema_arrow.empty_table(), path.name)).frames
        names = [name for name in file.schema_arrow.names if name in _KEYS or name not in NOT_MEASURES]
        table = file.read(names, use_threads=False)
        arrays = {name: table[name].to_numpy() for name in names}
        return _rows(arrays, frames["frame_index"].to_numpy(), frames["time_s"].to_numpy(), counted_durations(frames))
    except (OSError, ValueError, KeyError, TypeError, pa.ArrowException, json.JSONDecodeError) as error:
        raise TimelineError(f"expected an analysis; {path.name} cannot be read: {brief(error)}") from error


def rows_of(analysis: Analysis) -> Rows:
    """Return the rows of an analysis, with edits applied or not."""
    timeline, frames = analysis.timeline, with_duration(analysis).frames
    columns = {str(name): timeline[name].to_numpy() for name in timeline if name in _KEYS or name not in NOT_MEASURES}
    indices, times = frames["frame_index"].to_numpy(), frames["time_s"].to_numpy()
    return _rows(columns, indices, times, counted_durations(frames))


def _rows(columns: Mapping[str, NDArray], indices: NDArray, times: NDArray, seconds: NDArray[np.float64]) -> Rows:
    """Return the rows of columns and of frames, which last for ``seconds``."""
    names = [name for name in columns if name not in NOT_MEASURES]
    probabilities = pd.DataFrame({name: columns[name] for name in names if name.startswith("p_")}, copy=False)
    derived = (valence, intensity) if can_derive(labels_of(probabilities)) else ()
    values = np.empty((len(columns["time_s"]), len(names) + len(derived)))
    for place, name in enumerate(names):
        values[:, place] = columns[name]
    for place, derive in enumerate(derived, start=len(names)):
        values[:, place] = derive(probabilities)
    return Rows(
        columns["time_s"].astype(np.float64),
        columns["track_id"].astype(np.int32),
        seconds[np.searchsorted(indices, columns["frame_index"])],
        (*map(name_of, names), *(DERIVED if derived else ())),
        values,
        times.astype(np.float64),
        seconds,
    )
