"""Measures derived from probabilities by a formula: nothing here was measured by itself.

Arousal is left out on purpose. It is not contained in the probabilities of expressions, and
arousal that a commercial tool computes from faces followed how pleasant people found a picture
rather than how much it aroused them (Höfling et al. 2020, Frontiers in Psychology 11:1388).
"""

from __future__ import annotations

import pandas as pd

POSITIVE = "happiness"
NEGATIVE = ("sadness", "anger", "fear", "disgust")

VALENCE = (
    "Derived: the probability of happiness less the largest one of sadness, anger, fear and disgust, "
    "as Noldus describes the valence of its FaceReader. −1 to 1."
)
"""The formula of :func:`valence` and where it comes from, for people."""

INTENSITY = (
    "Derived: 1 less the probability of neutral, a definition of this app's own: how probable it is "
    "that the face shows any expression. 0 to 1."
)
"""The formula of :func:`intensity` and where it comes from, for people."""


def can_derive(labels: tuple[str, ...]) -> bool:
    """Return whether a label set has what the formulas need: neutral, happiness and a negative expression."""
    return "neutral" in labels and POSITIVE in labels and any(label in labels for label in NEGATIVE)


def valence(rows: pd.DataFrame) -> pd.Series:
    """Return happiness less the largest negative expression, −1–1.

    The formula is the one that Noldus describes for its FaceReader, which reads it off
    intensities; here it reads probabilities. Surprise and contempt are in neither part.

    Args:
        rows: A table with the probability columns of a label set for which :func:`can_derive` holds.
    """
    negative = [f"p_{label}" for label in NEGATIVE if f"p_{label}" in rows]
    return rows[f"p_{POSITIVE}"].astype("float64") - rows[negative].astype("float64").max(axis=1)


def intensity(rows: pd.DataFrame) -> pd.Series:
    """Return the probability of any expression but neutral, 0–1: this app's own definition of intensity.

    Args:
        rows: A table with the probability columns of a label set for which :func:`can_derive` holds.
    """
    return 1 - rows["p_neutral"].astype("float64")
