"""Figures of events: during each event, and before compared with after."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import bootstrap

from emotion.analytics.apply import part_of, within
from emotion.analytics.edits import Event, Span
from emotion.analytics.heat import time_bins
from emotion.analytics.summary import summarise
from emotion.analytics.timeline import probability_columns
from emotion.labels import display_order
from emotion.types import Analysis

WINDOW_S = 5.0
"""Default length of the time before and after an event, s."""

BLOCK_S = 0.5
"""Length of bootstrap blocks; single frames are too alike to be independent."""

MIN_BLOCKS = 3
"""With fewer blocks on a side, no interval is computed."""

INTERVAL = (
    "95% interval of the difference: bootstrap over blocks of half a second (Carlstein 1986, percentile method, "
    "2,000 draws). If the interval includes 0, there is no reliable difference."
)
"""Explanation of the interval of :func:`before_after` for the app."""

_DRAWS, _LEVEL = 2000, 0.95


def event_figures(analysis: Analysis, events: Sequence[Event], track: int | None = None) -> pd.DataFrame:
    """Return figures for each event that is a span and not excluded.

    Args:
        analysis: The analysis, possibly edited and smoothed.
        events: The events.
        track: One person; None for everybody.

    Returns:
        ``label``, ``start_s``, ``end_s``, ``seconds`` (of faces), ``dominant``, ``smile_index``,
        ``changes_per_minute``, in order of time.
    """
    spans = [event for event in events if event.span.end_s > event.span.start_s and not event.excluded]
    rows = [_figures_of(analysis, event, track) for event in sorted(spans, key=lambda event: event.span.start_s)]
    columns = ["label", "start_s", "end_s", "seconds", "dominant", "smile_index", "changes_per_minute"]
    return pd.DataFrame(rows, columns=columns)


def _figures_of(analysis: Analysis, event: Event, track: int | None) -> dict[str, object]:
    summary = summarise(part_of(analysis, event.span, track))
    return {
        "label": event.label,
        "start_s": event.span.start_s,
        "end_s": event.span.end_s,
        "seconds": sum(person["seconds"] for person in summary["tracks"]),
        **{figure: summary[figure] for figure in ("dominant", "smile_index", "changes_per_minute")},
    }


def before_after(
    analysis: Analysis, event: Event, window_s: float = WINDOW_S, track: int | None = None
) -> pd.DataFrame:
    """Return each label's mean probability before an event's start and after its end, and the difference.

    Each side is the mean of its blocks of :data:`BLOCK_S`. The interval is a percentile bootstrap over these
    non-overlapping blocks (Carlstein 1986).

    Args:
        analysis: The analysis, possibly edited, but not smoothed, as smoothing mixes the sides.
        event: A moment or a span.
        window_s: Length of either side, s.
        track: One person; None for everybody.

    Returns:
        ``emotion``, ``before``, ``after``, ``effect`` (after − before), ``low`` and ``high`` (95% interval of the
        effect; NaN with fewer than :data:`MIN_BLOCKS` blocks on a side). Empty if a side has no face.
    """
    start, end = event.span.start_s, event.span.end_s
    before = _blocks(analysis, Span(max(start - window_s, 0.0), start), track)
    after = _blocks(analysis, Span(end, end + window_s), track)
    columns = ["emotion", "before", "after", "effect", "low", "high"]
    if not len(before) or not len(after):
        return pd.DataFrame(columns=columns)
    means = before.mean(axis=0), after.mean(axis=0)
    low, high = _interval(before, after)
    values = (list(analysis.labels), *means, means[1] - means[0], low, high)
    table = pd.DataFrame(dict(zip(columns, values, strict=True)))
    return table.set_index("emotion").loc[list(display_order(analysis.labels))].reset_index()


def _blocks(analysis: Analysis, span: Span, track: int | None) -> NDArray[np.float64]:
    """Return ``(blocks, k)`` mean probabilities of the blocks of a span in which a frame with a face begins.

    A frame from before the span does not count, however long it lasts: it may show the time before the event.
    """
    rows = part_of(analysis, track=track).timeline
    rows = rows[within(rows["time_s"], [span])]
    count = max(round((span.end_s - span.start_s) / BLOCK_S), 1)
    places = time_bins(rows["time_s"], np.linspace(span.start_s, span.end_s, count + 1))
    values = rows[probability_columns(analysis.labels)].astype("float64")
    return np.asarray(values.groupby(places).mean().to_numpy(np.float64))


def _interval(
    before: NDArray[np.float64], after: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    if min(len(before), len(after)) < MIN_BLOCKS:
        unknown = np.full(before.shape[1], np.nan)
        return unknown, unknown
    result = bootstrap(
        (before, after),
        lambda a, b, axis: b.mean(axis=axis) - a.mean(axis=axis),
        n_resamples=_DRAWS,
        confidence_level=_LEVEL,
        method="percentile",
        axis=0,
        vectorized=True,
        rng=np.random.default_rng(0),
    )
    return result.confidence_interval.low, result.confidence_interval.high
