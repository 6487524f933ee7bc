"""Valence and intensity, derived from probabilities by formulas.

There is no arousal, as it does not follow from the probabilities of expressions. A commercial tool's arousal from faces
tracked how pleasant people found a picture, not how much it aroused them (Höfling et al. 2020, Frontiers in Psychology
11:1388).
"""

from __future__ import annotations

import pandas as pd

POSITIVE = "happiness"
NEGATIVE = ("sadness", "anger", "fear", "disgust")

VALENCE = (
    "Probability of happiness minus the highest of sadness, anger, fear and disgust, as Noldus defines valence for "
    "FaceReader. −1 to 1."
)
"""Explanation of :func:`valence` for the app."""

INTENSITY = (
    "1 minus the probability of neutral: the probability that the face shows any expression. This app's own "
    "definition. 0 to 1."
)
"""Explanation of :func:`intensity` for the app."""


def can_derive(labels: tuple[str, ...]) -> bool:
    """Return whether the labels include neutral, happiness and a negative expression."""
    return "neutral" in labels and POSITIVE in labels and any(label in labels for label in NEGATIVE)


def valence(rows: pd.DataFrame) -> pd.Series:
    """Return the probability of happiness minus the largest negative one, −1–1.

    This is Noldus' formula for its FaceReader, applied to probabilities instead of intensities. Surprise and contempt
    do not count.

    Args:
        rows: A table with the probability columns of labels for which :func:`can_derive` holds.
    """
    negative = [f"p_{label}" for label in NEGATIVE if f"p_{label}" in rows]
    return rows[f"p_{POSITIVE}"].astype("float64") - rows[negative].astype("float64").max(axis=1)


def intensity(rows: pd.DataFrame) -> pd.Series:
    """Return 1 minus the probability of neutral, 0–1, with the arguments of :func:`valence`."""
    return 1 - rows["p_neutral"].astype("float64")
