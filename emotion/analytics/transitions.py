"""Which expression follows which: counted from one row of a person to the next."""

from __future__ import annotations

import numpy as np
import pandas as pd

from emotion.analytics.durations import unbroken_runs
from emotion.analytics.flicker import steady_answers
from emotion.labels import UNCLEAR
from emotion.types import Analysis


def transitions(analysis: Analysis, track: int | None = None) -> pd.DataFrame:
    """Return how often one leading expression gave way to another.

    A change counts where both expressions are of the same unbroken stretch of being seen, and where
    it lasts longer than flicker (:mod:`emotion.analytics.flicker`). An
    unclear answer counts as not given: the clear ones before and after it are neighbours.

    Args:
        analysis: Edited and smoothed as you like.
        track: One person, or everybody.

    Returns:
        ``(k, k)`` counts, the expression before in the index, the one after in the columns. The
        diagonal is 0: how often an expression follows itself says only how many frames there are.
    """
    labels = list(analysis.labels)
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
    """Return the counts as shares of all changes away from each expression, 0–1; zeros where there was none."""
    totals = counts.sum(axis=1)
    return counts.div(totals.where(totals > 0, 1), axis=0)
