"""The people of an analysis: their names, their figures, and how steady they hold their head."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from emotion.analytics.durations import ROUNDING_S, row_durations, unbroken_runs
from emotion.analytics.lanes import longest_seen
from emotion.analytics.summary import summarise
from emotion.types import Analysis

POSTURE_CHANGED_BELOW = 0.6
"""SSIM with the person's reference face below which the posture has changed."""

POSTURE_MIN_S = 0.5
"""Shorter changes of posture are left out."""

MAX_OFFERED = 200
"""Length of a list of people; videos with many cuts have thousands of tracks."""


def person_name(track: int, names: Mapping[int, str]) -> str:
    """Return a person's given name, or ``"Person <number>"``."""
    return names.get(track) or f"Person {track}"


def offered_people(timeline: pd.DataFrame, names: Mapping[int, str], limit: int = MAX_OFFERED) -> list[int]:
    """Return the tracks to choose from, in order of number: those seen longest, and all with a name."""
    seen = timeline["track_id"].unique()
    return sorted({*longest_seen(timeline, limit), *(int(track) for track in seen if int(track) in names)})


def steadiness(rows: pd.DataFrame) -> float | None:
    """Return the median SSIM of the rows' faces with their reference face, −1–1; None if unknown."""
    known = rows["similarity"].dropna()
    return None if known.empty else float(known.median())


def posture_changes(analysis: Analysis, min_s: float = POSTURE_MIN_S) -> pd.DataFrame:
    """Return the spans in which a person's face differs from their reference face.

    Args:
        analysis: The analysis, possibly edited.
        min_s: Minimum duration, s.

    Returns:
        ``track_id``, ``start_s``, ``end_s``, ``duration_s`` and ``lowest`` similarity. A span ends if the face is
        similar again, out of view, or without a similarity.
    """
    timeline = analysis.timeline
    changed = timeline["similarity"] < POSTURE_CHANGED_BELOW
    rows = timeline.loc[changed, ["track_id", "time_s", "similarity"]].assign(
        seconds=row_durations(timeline, analysis.frames)[changed]
    )
    # Unchanged rows separate the spans: each increases the number.
    runs = unbroken_runs(timeline, analysis.frames)
    parts = (~changed).groupby(runs).cumsum()
    spans = rows.groupby([runs[changed], parts[changed]]).agg(
        track_id=("track_id", "first"),
        start_s=("time_s", "first"),
        duration_s=("seconds", "sum"),
        lowest=("similarity", "min"),
    )
    spans.insert(2, "end_s", spans["start_s"] + spans["duration_s"])
    return spans[spans["duration_s"] >= min_s - ROUNDING_S].reset_index(drop=True)


def people_table(analysis: Analysis, names: Mapping[int, str]) -> pd.DataFrame:
    """Return one row of figures per person, in order of number.

    Returns:
        ``track_id``, ``person``, ``first_s``, ``last_s``, ``seconds``, ``frames``, ``dominant``,
        ``smile_index``, ``changes_per_minute``, ``steadiness`` and ``posture_changed_s``.
    """
    changed = posture_changes(analysis).groupby("track_id")["duration_s"].sum()
    similarity = analysis.timeline.groupby("track_id")["similarity"].median()
    figures = ["first_s", "last_s", "seconds", "frames", "dominant", "smile_index", "changes_per_minute"]
    rows = [
        {
            "track_id": track["track_id"],
            "person": person_name(track["track_id"], names),
            **{figure: track[figure] for figure in figures},
            "steadiness": float(similarity[track["track_id"]]),
            "posture_changed_s": float(changed.get(track["track_id"], 0.0)),
        }
        for track in summarise(analysis)["tracks"]
    ]
    return pd.DataFrame(rows, columns=["track_id", "person", *figures, "steadiness", "posture_changed_s"])


def best_rows(timeline: pd.DataFrame) -> pd.DataFrame:
    """Return each person's row with the most confident face, in order of number."""
    best = timeline.groupby("track_id")["face_confidence"].idxmax()
    return timeline.loc[best.to_numpy()].reset_index(drop=True)
