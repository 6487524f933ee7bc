"""Episodes (uninterrupted runs of one person's leading expression) and transitions between expressions."""

from __future__ import annotations

import numpy as np
import pandas as pd

from emotion.analytics.durations import ROUNDING_S, row_durations, unbroken_runs
from emotion.analytics.flicker import steady_answers
from emotion.labels import UNCLEAR, display_order
from emotion.types import Analysis


def episodes(analysis: Analysis, min_s: float = 0.0) -> pd.DataFrame:
    """Return the episodes of an analysis, in order of person and time.

    An episode ends if another expression leads for longer than flicker (:mod:`emotion.analytics.flicker`), if the
    person is out of view, and at excluded time. Unclear answers form episodes named ``unclear``.

    Args:
        analysis: The analysis, possibly edited and smoothed.
        min_s: Shorter episodes are left out, s; they are not added to their neighbours.

    Returns:
        ``track_id``, ``start_s``, ``end_s``, ``duration_s``, ``emotion``, ``mean_probability``, ``peak_probability``
        (0–1; of the episode's label, or of the leading label if it is unclear), ``frames``. With ``min_s=0``, every row
        of the timeline is in exactly one episode.
    """
    timeline, said = analysis.timeline, steady_answers(analysis)
    rows = pd.DataFrame(
        {
            "track_id": timeline["track_id"],
            "time_s": timeline["time_s"],
            "run": unbroken_runs(timeline, analysis.frames),
            "emotion": said,
            "seconds": row_durations(timeline, analysis.frames),
            "probability": _probability_of(said, analysis),
        }
    ).sort_values(["track_id", "time_s"], kind="stable")
    starts = (rows["run"] != rows["run"].shift()) | (rows["emotion"] != rows["emotion"].shift())
    table = rows.groupby(starts.cumsum()).agg(
        track_id=("track_id", "first"),
        start_s=("time_s", "first"),
        duration_s=("seconds", "sum"),
        emotion=("emotion", "first"),
        mean_probability=("probability", "mean"),
        peak_probability=("probability", "max"),
        frames=("time_s", "size"),
    )
    table.insert(2, "end_s", table["start_s"] + table["duration_s"])
    return table[table["duration_s"] >= min_s - ROUNDING_S].reset_index(drop=True)


def _probability_of(said: pd.Series, analysis: Analysis) -> pd.Series:
    """Return the probability of each row's answer, 0–1; of an unclear one, that of the leading label."""
    timeline = analysis.timeline
    probability = timeline["emotion_confidence"].astype("float64")
    for label in analysis.labels:
        # They differ where flicker was removed.
        other = (said == label) & (timeline["emotion"] != label)
        probability = probability.mask(other, timeline[f"p_{label}"].astype("float64"))
    return probability


def transitions(analysis: Analysis, track: int | None = None) -> pd.DataFrame:
    """Return how often each leading expression changed to each other one.

    Counts changes within an uninterrupted run that last longer than flicker (:mod:`emotion.analytics.flicker`). Unclear
    answers are skipped, so the clear ones around them are neighbours.

    Args:
        analysis: The analysis, possibly edited and smoothed.
        track: One person; None for everybody.

    Returns:
        ``(k, k)`` counts, the expression before in the index, the one after in the columns, 0 on the diagonal.
    """
    labels = list(display_order(analysis.labels))
    timeline = analysis.timeline
    runs = unbroken_runs(timeline, analysis.frames)
    said = steady_answers(analysis)
    codes = said.map({label: code for code, label in enumerate(labels)})
    rows = pd.DataFrame({"run": runs, "code": codes, "time_s": timeline["time_s"]})
    mine = np.ones(len(rows), np.bool_) if track is None else (timeline["track_id"] == track).to_numpy()
    rows = rows[mine & (said != UNCLEAR)].sort_values(["run", "time_s"], kind="stable")
    run, code = rows["run"].to_numpy(), rows["code"].to_numpy(np.intp)
    changed = (run[1:] == run[:-1]) & (code[1:] != code[:-1])
    counts = np.zeros((len(labels), len(labels)), np.int64)
    np.add.at(counts, (code[:-1][changed], code[1:][changed]), 1)
    return pd.DataFrame(counts, index=pd.Index(labels, name="from"), columns=pd.Index(labels, name="to"))


def row_shares(counts: pd.DataFrame) -> pd.DataFrame:
    """Return counts as shares of their row, 0–1; zeros in empty rows."""
    totals = counts.sum(axis=1)
    return counts.div(totals.where(totals > 0, 1), axis=0)
