"""Mean movements of each person over an analysis or an event, for drawing them on a face."""

from __future__ import annotations

import math

from emotion.analytics.behaviour.span_figures import Behaviour, movement_figures
from emotion.analytics.edits import Span

MOMENT_S = 1.0
"""Time before and after a moment that counts as part of it, as a moment has no length, s."""


def mean_movements(behaviour: Behaviour, span: Span | None = None) -> dict[int, dict[str, float]]:
    """Return the mean of each person's movements, weighted by time.

    Args:
        behaviour: See :func:`emotion.analytics.behaviour.span_figures.behaviour_of`.
        span: Time span, extended by :data:`MOMENT_S` on both sides if it is a moment; None for the whole analysis.

    Returns:
        Track → column of the codebook's ``MOVEMENT_COLUMNS`` without asymmetries → mean, shares of the eye distance.
        Unknown means are left out, so a person without rest values has none.
    """
    if span is not None and span.start_s == span.end_s:
        span = Span(max(span.start_s - MOMENT_S, 0.0), span.end_s + MOMENT_S)
    means: dict[int, dict[str, float]] = {}
    for row in movement_figures(behaviour, span).to_dict("records"):
        sides = {"": row["mean"], "_left": row["mean_left"], "_right": row["mean_right"]}
        known = {f"{row['movement']}{side}": float(mean) for side, mean in sides.items() if math.isfinite(mean)}
        means.setdefault(int(row["track_id"]), {}).update(known)
    return means
