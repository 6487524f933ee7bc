"""Facial movements in a timeline: each measure relative to the person's face at rest."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from emotion.errors import InputError, TimelineError
from emotion.types import FloatArray
from emotion.vision.movement_codebook import ASYMMETRY, MEASURE_COLUMNS, MOVEMENT_COLUMNS, MOVEMENTS, SIDES

if TYPE_CHECKING:
    from emotion.analytics.edits import Span

BASELINE, NEUTRAL, UNKNOWN = "baseline", "neutral", "unknown"
"""Source of a person's rest values: their baseline, their neutral frames, or none."""

MIN_NEUTRAL_ROWS = 5
"""Minimum number of neutral frames for rest values, as single answers may be wrong."""


def relative_movements(timeline: pd.DataFrame, baselines: Mapping[int, Span] | None = None) -> pd.DataFrame:
    """Return the movements of each row relative to the person's rest (:func:`resting_measures`).

    movement = max(0, ± (measure − rest)), the sign as the codebook says. The value of the whole face is the mean
    of both sides before the sign is applied, so one brow up and one down do not count as a brow raise.

    Args:
        timeline: With ``track_id``, ``time_s``, ``emotion`` and the codebook's ``MEASURE_COLUMNS``.
        baselines: Track → the span in which this person is at rest.

    Returns:
        The codebook's ``MOVEMENT_COLUMNS``, float64, shares of the eye distance, with the timeline's index.
        NaN where the measures or the person's rest are not known.

    Raises:
        TimelineError: A column is missing.
        InputError: A person is not seen in their baseline.
    """
    return movements_from(timeline, resting_measures(timeline, baselines))


def movements_from(timeline: pd.DataFrame, rest: pd.DataFrame) -> pd.DataFrame:
    """Return each row's movements relative to a table of :func:`resting_measures`; see :func:`relative_movements`."""
    columns = list(MEASURE_COLUMNS)
    own = rest[columns].reindex(timeline["track_id"]).to_numpy(np.float64)
    return pd.DataFrame(_movements(timeline[columns].to_numpy(np.float64) - own), index=timeline.index)


def movements_of(measures: FloatArray, rest: FloatArray | None = None) -> dict[str, float]:
    """Return the movements of one face.

    Args:
        measures: ``(12,)`` in the order of the codebook's ``MEASURE_COLUMNS``.
        rest: The same of the person's face at rest; None for the mean neutral face.

    Returns:
        Column of the codebook's ``MOVEMENT_COLUMNS`` → value, shares of the eye distance; NaN where not known.
    """
    change = np.asarray(measures, np.float64) - (0.0 if rest is None else np.asarray(rest, np.float64))
    return {name: float(value) for name, value in _movements(change).items()}


def _movements(change: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
    """Return column of ``MOVEMENT_COLUMNS`` → values, given ``(..., 12)`` measures less those at rest."""
    moved = {name: np.maximum(change[..., places] @ weights, 0) for name, (places, weights) in _weights().items()}
    for movement in MOVEMENTS:
        if movement.sided:
            left, right = (moved[f"{movement.name}_{side}"] for side in SIDES)
            moved[f"{movement.name}_{ASYMMETRY}"] = left - right
    return {name: moved[name] for name in MOVEMENT_COLUMNS}


@cache
def _weights() -> dict[str, tuple[NDArray[np.int64], NDArray[np.float64]]]:
    """Return each movement's measures, as places in ``MEASURE_COLUMNS``, and their weights; without asymmetries."""
    weights = {}
    for movement in MOVEMENTS:
        of_side = {f"_{side}": [f"{name}_{side}" for name in movement.measures] for side in SIDES if movement.sided}
        every = [column for columns in of_side.values() for column in columns] or list(movement.measures)
        for part, columns in {"": every, **of_side}.items():
            places = np.array([MEASURE_COLUMNS.index(column) for column in columns])
            weights[movement.name + part] = places, np.full(len(places), movement.sign / len(places))
    return weights


def resting_measures(timeline: pd.DataFrame, baselines: Mapping[int, Span] | None = None) -> pd.DataFrame:
    """Return the measures of every person at rest.

    They are the medians over the person's baseline, from its start on and before its end; without one, over the rows
    in which neutral leads, if there are at least :data:`MIN_NEUTRAL_ROWS`.

    Args:
        timeline: As for :func:`relative_movements`.
        baselines: Track → the span in which this person is at rest.

    Returns:
        By ``track_id``: ``source`` (``"baseline"``, ``"neutral"`` or ``"unknown"``), ``rows`` (number of rows in
        the medians) and the measures, NaN where the source is unknown.

    Raises:
        TimelineError: A column is missing.
        InputError: A person is not seen in their baseline.
    """
    _check_columns(timeline)
    known = timeline["track_id"].where(timeline[list(MEASURE_COLUMNS)].notna().all(axis=1), -1)
    people = dict(iter(timeline.groupby(known, sort=False)))
    found = {
        int(track): _rest_of(people.get(track, timeline.iloc[:0]), int(track), (baselines or {}).get(int(track)))
        for track in timeline["track_id"].unique()
    }
    table = pd.DataFrame.from_dict(found, orient="index", columns=["source", "rows", *MEASURE_COLUMNS])
    return table.astype(dict.fromkeys(MEASURE_COLUMNS, "float64")).rename_axis("track_id").sort_index()


def measured_baselines(timeline: pd.DataFrame, baselines: Mapping[int, Span]) -> dict[int, Span]:
    """Return the baselines with known measures of the person; edits may have hidden or excluded them.

    Args:
        timeline: As for :func:`relative_movements`.
        baselines: Track → the span in which this person is at rest.
    """
    known = timeline.loc[timeline[list(MEASURE_COLUMNS)].notna().all(axis=1), ["track_id", "time_s"]]
    return {
        track: span
        for track, span in baselines.items()
        if known.loc[known["track_id"] == track, "time_s"].between(span.start_s, span.end_s, inclusive="left").any()
    }


def _rest_of(rows: pd.DataFrame, track: int, baseline: Span | None) -> list[object]:
    if baseline is not None:
        chosen, source = rows[rows["time_s"].between(baseline.start_s, baseline.end_s, inclusive="left")], BASELINE
        if chosen.empty:
            where = f"{baseline.start_s:.2f}–{baseline.end_s:.2f} s"
            raise InputError(f"expected a baseline in which person {track} is seen; got {where}, in which they are not")
    else:
        chosen, source = rows[rows["emotion"] == "neutral"], NEUTRAL
        if len(chosen) < MIN_NEUTRAL_ROWS:
            chosen, source = chosen.iloc[:0], UNKNOWN
    medians = chosen[list(MEASURE_COLUMNS)].astype("float64").median()
    return [source, len(chosen), *medians.tolist()]


def _check_columns(timeline: pd.DataFrame) -> None:
    missing = [name for name in ("track_id", "time_s", "emotion", *MEASURE_COLUMNS) if name not in timeline]
    if missing:
        raise TimelineError(f"expected a timeline with measures of movements; got none called {', '.join(missing)}")
