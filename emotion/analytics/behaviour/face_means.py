"""Mean movements of each person over an analysis or an event, for drawing them on a face."""

from __future__ import annotations

import math

from emotion.analytics.behaviour.span_figures import Behaviour, movement_figures
from emotion.analytics.edits import Span

MOMENT_S = 1.0
"""A moment has no length, so the movements from this long before it to this long after it count."""


def mean_movements(behaviour: Behaviour, span: Span | None = None) -> dict[int, dict[str, float]]:
    """Return the mean of each person's movements, weighted by time.

    Args:
        behaviour: See :func:`emotion.analytics.behaviour.span_figures.behaviour_of`.
        span: When; :data:`MOMENT_S` around it if it is a moment; None for all of the time.

    Returns:
        Track → column of the codebook's ``MOVEMENT_COLUMNS`` without asymmetries → mean, shares of the eye distance;
        only known ones, so a person whose rest is unknown has none.
    """
    if span is not None and span.start_s == span.end_s:
        span = Span(max(span.start_s - MOMENT_S, 0.0), span.end_s + MOMENT_S)
    means: dict[int, dict[str, float]] = {}
    for row in movement_figures(behaviour, span).to_dict("records"):
        sides = {"": row["mean"], "_left": row["mean_left"], "_right": row["mean_right"]}
        known = {f"{row['movement']}{side}": float(mean) for side, mean in sides.items() if math.isfinite(mean)}
        means.setdefault(int(row["track_id"]), {}).update(known)
    return means
