"""Abstention: where no expression is probable enough, the answer is that it is unclear.

This is a view. Probabilities, ``emotion`` and ``emotion_confidence`` stay as the classifier gave
them; whoever reads *one* answer per face reads it through here. The limit is the classifier's own,
measured on its validation split (``ModelCard.unclear_below``), on the top probability after
temperature scaling: selective classification with softmax response (Geifman and El-Yaniv 2017).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from emotion.labels import UNCLEAR
from emotion.types import Face, FrameResult


def is_unclear(probability: float, unclear_below: float) -> bool:
    """Return whether the largest probability of a face, 0–1, is under the limit; at the limit it is not."""
    return float(probability) < unclear_below


def leading_answer(probabilities: Mapping[str, float], unclear_below: float) -> str:
    """Return what is said of one face: the most probable label, or :data:`emotion.labels.UNCLEAR`.

    Args:
        probabilities: Probability of each label, 0–1.
        unclear_below: The limit, 0–1; with 0 there is always a label.
    """
    label = max(probabilities, key=probabilities.__getitem__)
    return UNCLEAR if is_unclear(probabilities[label], unclear_below) else label


def face_answer(face: Face, result: FrameResult) -> str:
    """Return what is said of one face of a result.

    Raises:
        ValueError: The face is not classified.
    """
    if face.probabilities is None:
        raise ValueError("expected a classified face; got one without probabilities")
    return leading_answer(dict(zip(result.labels, face.probabilities.tolist(), strict=True)), result.unclear_below)


def unclear_rows(timeline: pd.DataFrame, unclear_below: float) -> NDArray[np.bool_]:
    """Return ``(rows,)`` bool: which answers of a timeline are unclear."""
    # float32 against float32 would move the limit by a rounding error.
    return timeline["emotion_confidence"].to_numpy(np.float64) < unclear_below


def answers(timeline: pd.DataFrame, unclear_below: float) -> pd.Series:
    """Return what is said of each row: its label or :data:`emotion.labels.UNCLEAR`, as text."""
    return timeline["emotion"].astype(str).mask(unclear_rows(timeline, unclear_below), UNCLEAR)


def answer_names(labels: tuple[str, ...], unclear_below: float) -> tuple[str, ...]:
    """Return all that may be said: the label set in order and, where there is a limit, UNCLEAR after it."""
    return (*labels, UNCLEAR) if unclear_below > 0 else labels


def explain(unclear_below: float) -> str:
    """Return in one sentence for people what an unclear answer of a classifier with this limit is."""
    return (
        f"Unclear: no expression reaches {unclear_below:.0%}. Below that, this model was wrong too often on the "
        "faces on which the limit was chosen."
    )
