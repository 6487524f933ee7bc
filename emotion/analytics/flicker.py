"""Removes flicker: answers that last less than :data:`FLICKER_S` go to their neighbours.

A classifier of single frames changes its answer now and then for a frame or two, faster than a face can. Figures,
episodes and captions use the steady answers; the timeline keeps the measured ones.
"""

from __future__ import annotations

import heapq

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from emotion.analytics.abstention import answers
from emotion.analytics.durations import ROUNDING_S, row_durations, unbroken_runs
from emotion.types import Analysis

FLICKER_S = 0.3
"""Shorter changes are flicker, s. Micro-expressions last up to half a second (Yan et al. 2013, Journal of Nonverbal
Behavior 37); answers to single frames cannot distinguish the shortest ones from flicker."""

EXPLAIN = f"Changes that last less than {FLICKER_S:g} s are flicker and are not counted."
"""Explanation of the rule for the app."""


def steady_answers(analysis: Analysis, min_s: float = FLICKER_S) -> pd.Series:
    """Return each row's answer as text, without runs of an answer that are shorter than ``min_s``.

    While a person is in view, the shortest run below ``min_s`` is merged with its neighbours, until none is left: with
    both if they are equal, otherwise with the longer one. Somebody who is in view for less than ``min_s`` gets a single
    answer.

    Args:
        analysis: The analysis, possibly edited and smoothed.
        min_s: Minimum duration of an answer, s; 0 changes nothing.

    Returns:
        Labels, or :data:`emotion.labels.UNCLEAR`, with the timeline's index.
    """
    said = answers(analysis.timeline, analysis.abstain_below)
    if said.empty or min_s <= 0:
        return said
    rows = pd.DataFrame(
        {
            "track": analysis.timeline["track_id"],
            "time_s": analysis.timeline["time_s"],
            "stretch": unbroken_runs(analysis.timeline, analysis.frames),
            "seconds": row_durations(analysis.timeline, analysis.frames),
            "answer": said,
        }
    ).sort_values(["stretch", "time_s"], kind="stable")
    codes, names = pd.factorize(rows["answer"])
    stretches = rows["stretch"].to_numpy(np.int64)
    begins = np.append(True, (np.diff(codes) != 0) | (np.diff(stretches) != 0))
    first = np.flatnonzero(begins)
    seconds = np.add.reduceat(rows["seconds"].to_numpy(np.float64), first)
    steady = _absorbed(codes[first], stretches[first], seconds, min_s)
    values = np.asarray(names)[steady[begins.cumsum() - 1]]
    return pd.Series(values, index=rows.index, dtype=said.dtype, name=said.name).reindex(said.index)


def _absorbed(
    codes: NDArray[np.int64], stretches: NDArray[np.int64], seconds: NDArray[np.float64], min_s: float
) -> NDArray[np.int64]:
    """Return the code of each of ``n`` runs after too short ones were merged with their neighbours, ``(n,)``.

    Args:
        codes: ``(n,)`` answer of each run.
        stretches: ``(n,)`` uninterrupted run of the person that it belongs to, in order.
        seconds: ``(n,)`` duration of each run.
        min_s: Minimum duration, s.
    """
    runs = _Runs(codes, stretches, seconds)
    short = [(float(length), int(place)) for place, length in enumerate(seconds) if length < min_s - ROUNDING_S]
    heapq.heapify(short)
    while short:
        length, place = heapq.heappop(short)
        if not runs.holds(place, length):
            continue  # it was merged or grew in the meantime
        kept = runs.absorb(place)
        if kept is not None and runs.seconds[kept] < min_s - ROUNDING_S:
            heapq.heappush(short, (runs.seconds[kept], kept))
    return runs.spread()


class _Runs:
    """A doubly linked list of runs."""

    def __init__(self, codes: NDArray[np.int64], stretches: NDArray[np.int64], seconds: NDArray[np.float64]) -> None:
        count = len(codes)
        self.codes: list[int] = codes.tolist()
        self.seconds: list[float] = seconds.tolist()
        self._alive = [True] * count
        self._first = list(range(count))
        """The first original run in each merged run."""
        same = (np.diff(stretches) == 0).tolist()
        self._before = [place - 1 if place and same[place - 1] else None for place in range(count)]
        self._after = [place + 1 if place + 1 < count and same[place] else None for place in range(count)]

    def holds(self, place: int, seconds: float) -> bool:
        """Return whether a run still exists with this duration."""
        return self._alive[place] and self.seconds[place] == seconds

    def absorb(self, place: int) -> int | None:
        """Give a run the answer of its longer neighbour, merge equal ones, and return it; None without neighbours."""
        before, after = self._before[place], self._after[place]
        neighbours = [one for one in (before, after) if one is not None]
        if not neighbours:
            return None
        # Of equally long ones, the earlier.
        chosen = max(neighbours, key=lambda one: self.seconds[one])
        self.codes[place] = self.codes[chosen]
        if (joined := self._join(place, self._before, self._after)) is not None:
            self._first[place] = self._first[joined]
        self._join(place, self._after, self._before)
        return place

    def _join(self, place: int, ahead: list[int | None], behind: list[int | None]) -> int | None:
        """Merge the neighbour in ``ahead`` into a run if both are equal, and return it; None if they differ.

        Args:
            place: The run that stays.
            ahead: Neighbour of each run on the side to merge.
            behind: Neighbour of each run on the other side.
        """
        other = ahead[place]
        if other is None or self.codes[other] != self.codes[place]:
            return None
        self.seconds[place] += self.seconds[other]
        self._alive[other] = False
        ahead[place] = further = ahead[other]
        if further is not None:
            behind[further] = place
        return other

    def spread(self) -> NDArray[np.int64]:
        """Return the code of every original run."""
        left = np.flatnonzero(self._alive)
        first = np.array(self._first, np.int64)[left]
        order = first.argsort()
        lengths = np.diff(np.append(first[order], len(self.codes)))
        return np.repeat(np.array(self.codes, np.int64)[left[order]], lengths)
