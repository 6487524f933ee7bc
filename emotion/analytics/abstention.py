"""Abstention: the answer for a face is "unclear" if its largest probability is below the classifier's limit.

Selective classification with softmax response (Geifman and El-Yaniv 2017). The limit is chosen on validation faces, on
probabilities after temperature scaling (``ModelCard.abstain_below``), and may be higher for turned, small or doubtful
faces (:class:`emotion.types.AbstentionLimit`). Timelines keep the classifier's probabilities and label; code that needs
one answer per face gets it here.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from emotion.labels import UNCLEAR, display_order
from emotion.types import AbstentionLimit, Face, FrameResult


def is_unclear(probability: float, abstain_below: float) -> bool:
    """Return whether a face's largest probability, 0–1, is below the abstention threshold."""
    return float(probability) < abstain_below


def required_rows(timeline: pd.DataFrame, limit: float) -> NDArray[np.float64]:
    """Return the abstention threshold of each row, ``(rows,)``.

    Args:
        timeline: With boxes, pose and ``face_confidence``.
        limit: One threshold for all rows, or an :class:`emotion.types.AbstentionLimit`, which depends on the face.
    """
    if not isinstance(limit, AbstentionLimit):
        return np.full(len(timeline), float(limit))
    columns = ["yaw", "pitch", "face_confidence", "x1", "y1", "x2", "y2"]
    yaw, pitch, confidence, x1, y1, x2, y2 = timeline[columns].to_numpy(np.float64).T
    return limit.required(yaw, pitch, np.maximum(x2 - x1, y2 - y1), confidence)


def required_for(face: Face, limit: float) -> float:
    """Return the abstention threshold for one face, 0–1."""
    if not isinstance(limit, AbstentionLimit):
        return float(limit)
    yaw, pitch = (np.nan, np.nan) if face.pose is None else (face.pose.yaw, face.pose.pitch)
    size = float(np.max(face.box_xyxy[2:] - face.box_xyxy[:2]))
    values = (np.array([value], np.float32) for value in (yaw, pitch, size, face.confidence))
    return float(limit.required(*values)[0])


def leading_answer(probabilities: Mapping[str, float], abstain_below: float) -> str:
    """Return the most probable label, or :data:`emotion.labels.UNCLEAR` below the limit."""
    label = max(probabilities, key=probabilities.__getitem__)
    return UNCLEAR if is_unclear(probabilities[label], abstain_below) else label


def face_answer(face: Face, result: FrameResult) -> str:
    """Return the answer for one face of a result: a label or :data:`emotion.labels.UNCLEAR`.

    Raises:
        ValueError: The face is not classified.
    """
    if face.probabilities is None:
        raise ValueError("expected a classified face; got one without probabilities")
    return leading_answer(
        dict(zip(result.labels, face.probabilities.tolist(), strict=True)), required_for(face, result.abstain_below)
    )


def unclear_rows(timeline: pd.DataFrame, abstain_below: float) -> NDArray[np.bool_]:
    """Return which answers of a timeline are unclear, ``(rows,)``."""
    # A comparison in float32 would round the threshold.
    return timeline["emotion_confidence"].to_numpy(np.float64) < required_rows(timeline, abstain_below)


def answers(timeline: pd.DataFrame, abstain_below: float) -> pd.Series:
    """Return each row's answer as text: its label or :data:`emotion.labels.UNCLEAR`."""
    return timeline["emotion"].astype(str).mask(unclear_rows(timeline, abstain_below), UNCLEAR)


def answer_names(labels: tuple[str, ...], abstain_below: float) -> tuple[str, ...]:
    """Return all possible answers in the order of charts: the labels and, where there is a limit, UNCLEAR."""
    return display_order((*labels, UNCLEAR) if abstain_below > 0 else labels)


def explain(abstain_below: float) -> str:
    """Return an explanation of unclear answers for the app."""
    text = (
        f"Unclear: no expression reaches {abstain_below:.0%}. Below that, this model was wrong too often on "
        "validation faces."
    )
    has_slopes = isinstance(abstain_below, AbstentionLimit) and abstain_below.slopes
    return text + " The threshold is higher for turned or small heads." if has_slopes else text
