"""Results of single pictures as JSON records and table rows."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import pandas as pd

from emotion.analytics.abstention import face_answer, unclear_rows
from emotion.analytics.timeline import EYES, MEASURES, timeline_of
from emotion.labels import UNCLEAR, in_display_order
from emotion.types import Face, FrameResult


def image_record(result: FrameResult, file: str) -> dict[str, Any]:
    """Return a picture's result as plain JSON types.

    Returns:
        ``{file, width, height, faces: [{box_xyxy, confidence, emotion, unclear, probabilities: {label: p}, pose:
        {yaw, pitch, roll}, eyes: {column: value}, mouth_openness, measures: {column: value}}]}``, boxes in px,
        confidence and probabilities 0–1, angles in degrees; ``emotion`` is the leading one even if ``unclear``.
        Unknown values are None, and so are ``pose``, ``eyes`` and ``measures`` if nothing in them is known. Units:
        ``docs/timeline-schema.md``.
    """
    return {
        "file": file,
        "width": result.width,
        "height": result.height,
        "faces": [_face_record(face, result) for face in result.faces],
    }


def probabilities_of(face: Face, labels: tuple[str, ...]) -> dict[str, float]:
    """Return a classified face's probability of each label, in the order of charts."""
    if face.probabilities is None:
        raise ValueError("expected a classified face; got one without probabilities")
    values = dict(zip(labels, face.probabilities.tolist(), strict=True))
    return {label: round(value, 5) for label, value in in_display_order(values).items()}


def _face_record(face: Face, result: FrameResult) -> dict[str, Any]:
    probabilities = probabilities_of(face, result.labels)
    return {
        "box_xyxy": [round(float(value), 2) for value in face.box_xyxy],
        "confidence": round(float(face.confidence), 4),
        "emotion": max(probabilities, key=probabilities.__getitem__),
        "unclear": face_answer(face, result) == UNCLEAR,
        "probabilities": probabilities,
        "pose": None if face.pose is None else _rounded(asdict(face.pose), 2),
        "eyes": _rounded({name: getattr(face, name) for name in EYES}, 4),
        "mouth_openness": _known(face.mouth_openness, 4),
        "measures": None if face.measures is None else _rounded(dict(zip(MEASURES, face.measures, strict=True)), 4),
    }


def _rounded(values: Mapping[str, float], digits: int) -> dict[str, float | None] | None:
    known = {name: _known(value, digits) for name, value in values.items()}
    return None if set(known.values()) == {None} else known


def _known(value: float, digits: int) -> float | None:
    return round(float(value), digits) if math.isfinite(value) else None


def image_table(result: FrameResult, file: str) -> pd.DataFrame:
    """Return a picture's faces as a table: file, number of the face, and the timeline's columns.

    ``unclear`` (bool) follows ``emotion_confidence``, as the table has no limit. A picture without a face has one row
    with only ``file``, to distinguish it from one that was not analysed.
    """
    table = timeline_of(result).drop(columns=["frame_index", "time_s", "similarity"])
    table = table.rename(columns={"track_id": "face"})
    table["face"] = table["face"].astype("Int64")
    unclear = pd.Series(unclear_rows(table, result.abstain_below), dtype="boolean")
    if table.empty:
        table, unclear = table.reindex([0]), unclear.reindex([0])
    table.insert(0, "file", file)
    after = list(table).index("emotion_confidence") + 1
    table.insert(after, "unclear", unclear)
    return table
