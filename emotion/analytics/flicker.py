"""Answers without flicker: what a person shows for less than :data:`FLICKER_S` is not counted as behaviour.

A classifier that looks at one frame after another changes its mind now and then for a frame or two; no face
shows an expression and drops it again within a few hundredths of a second. Figures, episodes and captions
therefore count what lasts. The timeline itself stays as it was measured.
"""

from __future__ import annotations

import heapq

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from emotion.analytics.abstention import answers
from emotion.analytics.durations import row_durations, unbroken_runs
from emotion.types import Analysis

FLICKER_S = 0.3
"""A shorter change is flicker, seconds. Micro-expressions last half a second at most (Yan et al. 2013, Journal of
Nonverbal Behavior 37): answers to single frames cannot tell the shorter ones from flicker."""

EXPLAIN = f"A change that lasts less than {FLICKER_S:g} s is flicker and is not counted."
"""The rule, for people."""

_ROUNDING_S = 1e-6


def steady_answers(analysis: Analysis, min_s: float = FLICKER_S) -> pd.Series:
    """Return what is said of each row, as text, where nothing is said for less than a while.

    Within each unbroken stretch of a person, the shortest run of one answer that is too short goes to its
    neighbours, over and over: to both where they say the same, else to the longer one. A person who is
    seen for less altogether keeps one answer.

    Args:
        analysis: Edited and smoothed as you like.
        min_s: How long an answer has to stand, in seconds; 0 changes nothing.

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
    """Return ``(n,)`` the code of each run after those that are too short went to their neighbours.

    Args:
        codes: ``(n,)`` what each run says.
        stretches: ``(n,)`` the unbroken stretch that it is of; runs of one follow each other.
        seconds: ``(n,)`` how long it lasts.
        min_s: How long a run has to last, in seconds.
    """
    runs = _Runs(codes, stretches, seconds)
    short = [(float(length), int(place)) for place, length in enumerate(seconds) if length < min_s - _ROUNDING_S]
    heapq.heapify(short)
    while short:
        length, place = heapq.heappop(short)
        if not runs.holds(place, length):
            continue  # it went to a neighbour, or grew, in the meantime
        kept = runs.give_away(place)
        if kept is not None and runs.seconds[kept] < min_s - _ROUNDING_S:
            heapq.heappush(short, (runs.seconds[kept], kept))
    return runs.spread()


class _Runs:
    """Runs as a doubly linked list, from which one is taken after the other."""

    def __init__(self, codes: NDArray[np.int64], stretches: NDArray[np.int64], seconds: NDArray[np.float64]) -> None:
        count = len(codes)
        self.codes: list[int] = codes.tolist()
        self.seconds: list[float] = seconds.tolist()
        self._alive = [True] * count
        self._first = list(range(count))
        """The first original run that each holds."""
        same = (np.diff(stretches) == 0).tolist()
        self._before = [place - 1 if place and same[place - 1] else None for place in range(count)]
        self._after = [place + 1 if place + 1 < count and same[place] else None for place in range(count)]

    def holds(self, place: int, seconds: float) -> bool:
        """Return whether a run is still there and lasts as long."""
        return self._alive[place] and self.seconds[place] == seconds

    def give_away(self, place: int) -> int | None:
        """Let a run say what its neighbours say, and return the run that it became part of; None if it has none."""
        before, after = self._before[place], self._after[place]
        neighbours = [one for one in (before, after) if one is not None]
        if not neighbours:
            return None
        # Of two that last as long, the earlier one.
        chosen = max(neighbours, key=lambda one: self.seconds[one])
        self.codes[place] = self.codes[chosen]
        if (joined := self._join(place, self._before, self._after)) is not None:
            self._first[place] = self._first[joined]
        self._join(place, self._after, self._before)
        return place

    def _join(self, place: int, ahead: list[int | None], behind: list[int | None]) -> int | None:
        """Merge the neighbour in ``ahead`` into a run if both say the same, and return it; None if they differ.

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
