"""Figures relative to a person's baseline, a span in which the face is at rest.

Some faces at rest look sad or angry to a classifier. Subtracting the mean of the baseline corrects for that:
``relative = probability − mean probability in the baseline``, −1–1, 0 at rest.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from emotion.analytics.apply import mean_probabilities, part_of
from emotion.analytics.edits import Span
from emotion.analytics.people import steadiness
from emotion.analytics.summary import summarise
from emotion.errors import InputError
from emotion.types import Analysis

RELATIVE = "Probability minus this person's mean probability in the baseline: 0 is the face at rest, −1 to 1."
"""Explanation of relative figures for the app."""


def baseline_means(analysis: Analysis, track: int, span: Span) -> dict[str, float]:
    """Return a person's mean probability of each label during a span, weighted by time, 0–1.

    Raises:
        InputError: The person is not seen in the span.
    """
    means = mean_probabilities(part_of(analysis, span, track))
    if means is None:
        raise not_visible(span)
    return means


def check_baseline(analysis: Analysis, track: int, span: Span) -> None:
    """Refuse a span that cannot be a person's baseline.

    Raises:
        InputError: The span has no length, or the person is not seen in it.
    """
    if span.start_s == span.end_s:
        raise InputError(f"expected a baseline that ends after it starts; got {span.start_s:.2f}–{span.end_s:.2f} s")
    baseline_means(analysis, track, span)


def not_visible(span: Span) -> InputError:
    """Return the error to raise for a baseline in which the person is not seen."""
    where = f"{span.start_s:.2f}–{span.end_s:.2f} s"
    return InputError(f"expected a baseline in which the person is visible; got {where}, in which they are not")


def relative_figures(analysis: Analysis, track: int, span: Span) -> pd.DataFrame:
    """Return a person's figures in the baseline, over the whole analysis, and the difference.

    Returns:
        ``figure`` (``probability of <label>``, ``share of <label>``, ``smile index``,
        ``changes of expression per minute``, ``steadiness``), ``baseline``, ``whole`` and ``difference``
        (whole − baseline); NaN if a figure is undefined.

    Raises:
        InputError: The person is not seen in the span.
    """
    baseline_means(analysis, track, span)
    rest, whole = _figures(part_of(analysis, span, track)), _figures(part_of(analysis, track=track))
    table = pd.DataFrame({"figure": list(whole), "baseline": list(rest.values()), "whole": list(whole.values())})
    table = table.astype({"baseline": "float64", "whole": "float64"})
    return table.assign(difference=table["whole"] - table["baseline"])


def _figures(person: Analysis) -> dict[str, Any]:
    summary = summarise(person)
    return {
        **{f"probability of {label}": mean for label, mean in (mean_probabilities(person) or {}).items()},
        **{f"share of {label}": share for label, share in summary["shares"].items()},
        "smile index": summary["smile_index"],
        "changes of expression per minute": summary["changes_per_minute"],
        "steadiness": steadiness(person.timeline),
    }
