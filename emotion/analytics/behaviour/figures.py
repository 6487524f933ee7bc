"""Figures of what each person's eyes, head and face did."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from emotion.analytics.behaviour.blinks import eye_figures
from emotion.analytics.behaviour.gaze import gaze_figures
from emotion.analytics.behaviour.gestures import NOD, SHAKE, TILT, fastest_visible_hz, find_gestures
from emotion.analytics.behaviour.movements import relative_movements, rests, usable_baselines
from emotion.analytics.behaviour.signals import has_movements
from emotion.analytics.edits import Span
from emotion.vision.movement_codebook import MOVEMENT_COLUMNS, MOVEMENTS

MOMENT_S = 1.0
"""A moment has no length, so the movements from this long before it to this long after it count."""


def behaviour_figures(timeline: pd.DataFrame, baselines: Mapping[int, Span] | None = None) -> pd.DataFrame:
    """Return each person's figures.

    Args:
        timeline: See ``docs/timeline-schema.md``; with edits applied, if there are any.
        baselines: Track → the span in which this person is at rest; those in which they are not seen are ignored.

    Returns:
        By ``track_id``: the columns of :func:`emotion.analytics.behaviour.blinks.eye_figures` and
        :func:`emotion.analytics.behaviour.gaze.gaze_figures`; ``nods``, ``shakes`` and ``tilts``, NaN where the
        sampling is too coarse to see them; and, where movements were measured, ``rest`` (``"baseline"``,
        ``"neutral"`` or ``"unknown"``), ``movement`` (the mean of all movements' means) and the mean of each movement,
        shares of the eye distance.
    """
    parts = [eye_figures(timeline), gaze_figures(timeline), _gestures(timeline)]
    if has_movements(timeline):
        usable = usable_baselines(timeline, baselines)
        means = mean_movements(timeline, baselines)[[movement.name for movement in MOVEMENTS]]
        parts += [rests(timeline, usable)["source"].rename("rest"), means.mean(axis=1).rename("movement"), means]
    return pd.concat(parts, axis=1).rename_axis("track_id")


def mean_movements(
    timeline: pd.DataFrame, baselines: Mapping[int, Span] | None = None, span: Span | None = None
) -> pd.DataFrame:
    """Return the mean of each person's movements.

    Args:
        timeline: With the codebook's ``MEASURE_COLUMNS``.
        baselines: As for :func:`behaviour_figures`.
        span: When; :data:`MOMENT_S` around it if it is a moment; None for all of the time. The person's rest is
            taken from the whole timeline in any case.

    Returns:
        By ``track_id``: the codebook's ``MOVEMENT_COLUMNS``, shares of the eye distance; NaN where not known.
    """
    moved = relative_movements(timeline, usable_baselines(timeline, baselines))
    if span is not None:
        margin_s = 0.0 if span.end_s > span.start_s else MOMENT_S
        moved = moved[timeline["time_s"].between(span.start_s - margin_s, span.end_s + margin_s, inclusive="left")]
    return moved.groupby(timeline["track_id"]).mean().rename_axis("track_id")[list(MOVEMENT_COLUMNS)]


def _gestures(timeline: pd.DataFrame) -> pd.DataFrame:
    found = find_gestures(timeline)
    counts = {
        int(track): [float((found.loc[found["track_id"] == track, "gesture"] == kind).sum()) for kind in _KINDS]
        if fastest_visible_hz(person["time_s"].to_numpy())
        else [float("nan")] * len(_KINDS)
        for track, person in timeline.groupby("track_id", observed=True)
    }
    return pd.DataFrame.from_dict(counts, orient="index", columns=[f"{kind}s" for kind in _KINDS])


_KINDS = (NOD, SHAKE, TILT)
