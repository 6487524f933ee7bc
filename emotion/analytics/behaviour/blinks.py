"""Counts blinks, winks and longer closures of the eyes in a timeline, each person against their own open eyes.

A lid counts as down where its eye is less than half as open as the person's open eye. A person who looks steeply down
lowers the lids as well and cannot be told from one who shuts the eyes.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from emotion.analytics.behaviour.rate import frames_per_second, local_rates, rates_of
from emotion.analytics.durations import ROUNDING_S
from emotion.analytics.timeline import OPENNESS

MIN_RATE = 15.0
"""Analysed frames per second below which blinks, which last 0.1–0.4 s (Schiffman 2000), fall between two frames."""
COUNTABLE_RATE = 0.9 * MIN_RATE
"""Lowest rate at which blinks are counted, which tolerates uneven frame times."""
OPEN_QUANTILE = 0.9
"""Quantile of an eye's openness that counts as fully open."""
DOWN = 0.5
"""The lids are down where the mean of both eyes, as shares of the person's open eyes, is below this."""
MAX_BLINK_S = 0.5
"""Longer closures are not blinks (Caffier et al. 2003 call them long closures)."""
LONG_CLOSURE_S = 1.0
"""Eyes that are shut for longer than this count as closed."""
MIN_WINK_S, MAX_WINK_S = 0.1, 1.5
"""Shorter differences are noise, longer ones a squint or a shadow."""
WINK_DIFFERENCE = 0.4
"""In a wink, the openness of the two eyes differs by more than this share of their mean."""
WINK_OTHER = 0.7
"""Minimum openness of the other eye in a wink, as a share of the person's open eye."""
MOST_STEPS = 2.5
"""Longest step between the rows of an event, in usual steps: the eyes may have opened unseen in a longer one."""
MIN_ROWS = 15
"""Minimum number of rows to tell how open a person's eyes usually are."""
_SHORTEST_ROWS = 3
"""An event needs rows before, in and after it."""
_ROUNDING = 1e-6

BLINK, WINK_LEFT, WINK_RIGHT, CLOSED = "blink", "wink left", "wink right", "closed"
"""Kinds of :func:`lid_events`; left and right are the person's own."""


def lid_events(timeline: pd.DataFrame, frames: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return every blink, wink and closure of over a second, where the sampling is fast enough.

    Args:
        timeline: See ``docs/timeline-schema.md``; a frame without the face or an eye ends an event.
        frames: Its table of frames; None if only those with a face are known.

    Returns:
        ``track_id``, ``kind``, ``start_s`` (first frame with the lid down), ``end_s`` (first frame with it up) and
        ``seconds``, in order of person and time. People whose blinks cannot be counted (:func:`can_count`) have none.
    """
    fast = is_countable(rates_of(timeline, frames))
    rows = [
        (track, *event)
        for track, person in timeline.groupby("track_id", observed=True)
        if can_count(person, fast[person.index])
        for event in _events_of(person, fast[person.index].to_numpy())
    ]
    found = pd.DataFrame(rows, columns=["track_id", "kind", "start_s", "end_s"])
    found["seconds"] = found["end_s"] - found["start_s"]
    return found.sort_values(["track_id", "start_s"], ignore_index=True)


def is_countable(rates: pd.Series) -> pd.Series:
    """Return for each row whether the frame rate around it is high enough to count blinks."""
    return rates >= COUNTABLE_RATE - _ROUNDING


def can_count(person: pd.DataFrame, fast: pd.Series | None = None) -> bool:
    """Return whether one person's blinks can be counted: enough rows with both eyes, at a sufficient frame rate.

    Args:
        person: The person's rows.
        fast: Which of them are sampled fast enough (:func:`is_countable`); None to see from their times.
    """
    if fast is None:
        fast = is_countable(pd.Series(local_rates(person["time_s"]), index=person.index))
    rows = person[fast]
    measured = rows[OPENNESS].notna().all(axis=1).sum()
    return bool(measured >= MIN_ROWS and frames_per_second(rows["time_s"]) >= COUNTABLE_RATE)


def relative_openness(person: pd.DataFrame) -> NDArray[np.float64]:
    """Return how open the left and the right eye are, as shares of the person's open eyes, ``(n, 2)`` or NaN."""
    openness = person[OPENNESS].to_numpy(np.float64)
    return np.asarray(openness / np.maximum(np.nanquantile(openness, OPEN_QUANTILE, axis=0), 1e-6))


def _events_of(person: pd.DataFrame, fast: NDArray[np.bool_]) -> Iterator[tuple[str, float, float]]:
    """Yield kind, start and end of one person's events in each stretch of rows that is sampled fast enough."""
    eyes = relative_openness(person)
    for first, after in _places(fast):
        if after - first >= _SHORTEST_ROWS:
            yield from _events_of_stretch(person.iloc[first:after], eyes[first:after])


def _events_of_stretch(person: pd.DataFrame, eyes: NDArray[np.float64]) -> Iterator[tuple[str, float, float]]:
    both, difference = eyes.mean(axis=1), eyes[:, 0] - eyes[:, 1]
    down = both < DOWN
    for start_s, end_s in _runs(down, person):
        if end_s - start_s <= MAX_BLINK_S + ROUNDING_S:
            yield BLINK, start_s, end_s
        elif end_s - start_s > LONG_CLOSURE_S + ROUNDING_S:
            yield CLOSED, start_s, end_s
    apart = ~down & (np.abs(difference) > WINK_DIFFERENCE * both) & (eyes.max(axis=1) >= WINK_OTHER)
    for kind, lower in ((WINK_LEFT, difference < 0), (WINK_RIGHT, difference > 0)):
        for start_s, end_s in _runs(apart & lower, person):
            if MIN_WINK_S - ROUNDING_S <= end_s - start_s <= MAX_WINK_S + ROUNDING_S:
                yield kind, start_s, end_s


def _runs(down: NDArray[np.bool_], person: pd.DataFrame) -> Iterator[tuple[float, float]]:
    """Yield start and end of each run of rows with ``down``, without runs that a gap or the end cuts off."""
    times = person["time_s"].to_numpy()
    known = person[OPENNESS].notna().all(axis=1).to_numpy()
    steps = np.diff(times)
    unbroken = np.append(steps <= MOST_STEPS * np.median(steps), False)
    for first, after in _places(down):
        begins = first > 0 and known[first - 1]
        if begins and after < len(times) and known[after] and unbroken[first - 1 : after].all():
            yield float(times[first]), float(times[after])


def _places(flags: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return the first row of each run of true flags, and the row after its last."""
    edges = np.flatnonzero(np.diff(flags.astype(np.int8), prepend=0, append=0)).tolist()
    return list(zip(edges[::2], edges[1::2], strict=True))
