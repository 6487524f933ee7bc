"""Abstention: where no expression is probable enough, the answer is that it is unclear.

This is a view. Probabilities, ``emotion`` and ``emotion_confidence`` stay as the classifier gave
them; whoever reads *one* answer per face reads it through here. The limit is the classifier's own,
measured on its validation split (``ModelCard.abstain_below``), on the top probability after
temperature scaling; a head that is turned, small or doubtful needs more, where the card says
how much (:class:`emotion.types.AbstentionLimit`): selective classification with softmax response
(Geifman and El-Yaniv 2017).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from emotion.labels import UNCLEAR, display_order
from emotion.types import AbstentionLimit, Face, FrameResult


def is_unclear(probability: float, abstain_below: float) -> bool:
    """Return whether the largest probability of a face, 0–1, is under the limit; at the limit it is not."""
    return float(probability) < abstain_below


def required_rows(timeline: pd.DataFrame, limit: float) -> NDArray[np.float64]:
    """Return the probability that each row's answer needs, ``(rows,)``: more where the head is turned or small.

    Args:
        timeline: With boxes, pose and ``face_confidence``.
        limit: A number, or an :class:`emotion.types.AbstentionLimit` that knows how much more.
    """
    if not isinstance(limit, AbstentionLimit):
        return np.full(len(timeline), float(limit))
    columns = ["yaw", "pitch", "face_confidence", "x1", "y1", "x2", "y2"]
    yaw, pitch, confidence, x1, y1, x2, y2 = timeline[columns].to_numpy(np.float64).T
    return limit.required(yaw, pitch, np.maximum(x2 - x1, y2 - y1), confidence)


def required_for(face: Face, limit: float) -> float:
    """Return the probability that the answer for one face needs, 0–1."""
    if not isinstance(limit, AbstentionLimit):
        return float(limit)
    yaw, pitch = (np.nan, np.nan) if face.pose is None else (face.pose.yaw, face.pose.pitch)
    size = float(np.max(face.box_xyxy[2:] - face.box_xyxy[:2]))
    values = (np.array([value], np.float32) for value in (yaw, pitch, size, face.confidence))
    return float(limit.required(*values)[0])


def leading_answer(probabilities: Mapping[str, float], abstain_below: float) -> str:
    """Return what is said of one face: the most probable label, or :data:`emotion.labels.UNCLEAR`.

    Args:
        probabilities: Probability of each label, 0–1.
        abstain_below: The limit, 0–1; with 0 there is always a label.
    """
    label = max(probabilities, key=probabilities.__getitem__)
    return UNCLEAR if is_unclear(probabilities[label], abstain_below) else label


def face_answer(face: Face, result: FrameResult) -> str:
    """Return what is said of one face of a result.

    Raises:
        ValueError: The face is not classified.
    """
    if face.probabilities is None:
        raise ValueError("expected a classified face; got one without probabilities")
    return leading_answer(
        dict(zip(result.labels, face.probabilities.tolist(), strict=True)), required_for(face, result.abstain_below)
    )


def unclear_rows(timeline: pd.DataFrame, abstain_below: float) -> NDArray[np.bool_]:
    """Return ``(rows,)`` bool: which answers of a timeline are unclear."""
    # float32 against float32 would move the limit by a rounding error.
    return timeline["emotion_confidence"].to_numpy(np.float64) < required_rows(timeline, abstain_below)


def answers(timeline: pd.DataFrame, abstain_below: float) -> pd.Series:
    """Return what is said of each row: its label or :data:`emotion.labels.UNCLEAR`, as text."""
    return timeline["emotion"].astype(str).mask(unclear_rows(timeline, abstain_below), UNCLEAR)


def answer_names(labels: tuple[str, ...], abstain_below: float) -> tuple[str, ...]:
    """Return all possible answers in the order of charts: the labels and, where there is a limit, UNCLEAR."""
    return display_order((*labels, UNCLEAR) if abstain_below > 0 else labels)


def explain(abstain_below: float) -> str:
    """Return in one sentence for people what an unclear answer of a classifier with this limit is."""
    said = (
        f"Unclear: no expression reaches {abstain_below:.0%}. Below that, this model was wrong too often on the "
        "faces on which the limit was chosen."
    )
    turned = isinstance(abstain_below, AbstentionLimit) and abstain_below.slopes
    return said + " A head that is turned away or small needs more." if turned else said
