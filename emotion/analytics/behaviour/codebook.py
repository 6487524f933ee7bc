"""The codebook of exported tables: unit and meaning of every column."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

import pandas as pd

from emotion.analytics.behaviour.gaze import TOWARDS_DEG
from emotion.vision.movement_codebook import ASYMMETRY, MEASURES, MOVEMENTS, UNIT, Movement

TIMELINE, EYES_AND_HEAD, MOVEMENT_FIGURES = "Timeline", "Eyes and head", "Movements"
EPISODES, MOVEMENT_ROWS = "Blinks and gestures", "Movements over time"
"""Tables that the codebook describes."""

ANGLE, TIME, SHARE, COUNT, PIXELS, NO_UNIT = "degrees", "s", "0–1", "count", "px", ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One column of one table.

    Attributes:
        table: Name of the table.
        column: Name of the column.
        unit: Its unit or range; empty if it has none.
        meaning: Meaning of its values.
        resembles: The FACS action unit that a movement resembles, as a reading aid; empty for other columns. It was
            not validated on FACS-coded faces.
    """

    table: str
    column: str
    unit: str
    meaning: str
    resembles: str = ""


def codebook(labels: Sequence[str]) -> list[Entry]:
    """Return the entries of all tables, in the order of their columns.

    Args:
        labels: The labels of the classifier, which have a probability column each.
    """
    return [*_timeline(labels), *_eyes_and_head(), *_movement_figures(), *_episodes(), *_movement_rows()]


def codebook_table(labels: Sequence[str]) -> pd.DataFrame:
    """Return :func:`codebook` as a table with the attributes of :class:`Entry` as columns."""
    return pd.DataFrame([asdict(entry) for entry in codebook(labels)])


def _entries(table: str, *rows: tuple[str, str, str]) -> Iterator[Entry]:
    return (Entry(table, *row) for row in rows)


def _timeline(labels: Sequence[str]) -> Iterator[Entry]:
    yield from _entries(
        TIMELINE,
        ("frame_index", COUNT, "position of the frame in the video, from 0"),
        ("time_s", TIME, "presentation time from the start of the file"),
        ("track_id", NO_UNIT, "number of the person within this video, from 1"),
        ("x1", PIXELS, "left edge of the face's box in the displayed frame"),
        ("y1", PIXELS, "top edge of the box"),
        ("x2", PIXELS, "right edge of the box"),
        ("y2", PIXELS, "bottom edge of the box"),
        ("face_confidence", SHARE, "confidence that this is a face"),
        *((f"p_{label}", SHARE, f"probability of {label}") for label in labels),
        ("emotion", NO_UNIT, "label with the largest probability"),
        ("emotion_confidence", SHARE, "probability of that label"),
        ("yaw", ANGLE, "head turned to the picture's right"),
        ("pitch", ANGLE, "head turned up"),
        ("roll", ANGLE, "head tilted clockwise"),
        ("eye_openness_left", "share of the eye's width", "mean distance of the lids of the person's left eye"),
        ("eye_openness_right", "share of the eye's width", "mean distance of the lids of the person's right eye"),
        ("gaze_yaw", ANGLE, "gaze, positive to the picture's right of the camera"),
        ("gaze_pitch", ANGLE, "gaze, positive above the camera"),
        ("mouth_openness", "share of the opening's width", "height of the opening between the inner lips"),
        ("similarity", "−1–1", "SSIM between the aligned face and the person's reference face"),
    )
    for measure in MEASURES:
        for column in measure.columns:
            meaning = f"{measure.meaning}, minus that of the mean neutral face"
            yield Entry(TIMELINE, column, UNIT, meaning)
    yield from _entries(
        TIMELINE,
        ("person", NO_UNIT, "the person's name"),
        ("answer", NO_UNIT, "the label, or unclear if its probability is below the threshold"),
    )


_SPAN = (
    ("track_id", NO_UNIT, "number of the person"),
    ("person", NO_UNIT, "the person's name"),
    ("span", NO_UNIT, "the whole video, the person's baseline, or the label of an event"),
    ("start_s", TIME, "start of the span; empty for the whole video"),
    ("end_s", TIME, "end of the span; empty for the whole video"),
)


def _eyes_and_head() -> Iterator[Entry]:
    yield from _entries(
        EYES_AND_HEAD,
        *_SPAN,
        ("seen_s", TIME, "time in view"),
        ("eyes_s", TIME, "time in which both eyes were measured"),
        ("lids_s", TIME, "part of eyes_s in which enough frames per second were analysed to count blinks"),
        ("frames_per_s", "per s", "analysed frames per second in which the person is in view"),
        ("blinks", COUNT, "closures of both eyes of at most 0.5 s; empty where the sampling is too coarse"),
        ("blinks_per_minute", "per min", "blinks per minute of lids_s"),
        ("blink_s", TIME, "median time with the lids down in a blink"),
        ("winks_left", COUNT, "closures of the person's left eye alone"),
        ("winks_right", COUNT, "closures of the person's right eye alone"),
        ("closures", COUNT, "closures of both eyes of more than a second"),
        ("closed_s", TIME, "total length of these closures"),
        ("gaze_known_share", SHARE, "share of the time in view in which the gaze is known"),
        ("towards_camera_share", SHARE, f"share of that time with a gaze within {TOWARDS_DEG:g}° of the camera"),
        ("nods", COUNT, "nods of at least one and a half cycles; empty where the sampling is too coarse"),
        ("shakes", COUNT, "shakes of the head of at least one and a half cycles"),
        ("tilts", COUNT, "tilts of the head to a shoulder and back"),
    )


def _movement_figures() -> Iterator[Entry]:
    yield from _entries(
        MOVEMENT_FIGURES,
        *_SPAN,
        ("movement", NO_UNIT, "name of the movement, as under Movements over time"),
        ("rest", NO_UNIT, "what it is relative to: the person's baseline, their neutral frames, or unknown"),
        ("mean", UNIT, "mean over time"),
        ("peak", UNIT, "95% quantile"),
        ("moved_share", SHARE, "share of time with a movement of at least 0.02"),
        ("mean_left", UNIT, "mean of the person's left side"),
        ("mean_right", UNIT, "mean of the person's right side"),
        ("asymmetry", UNIT, "mean of left minus right"),
    )


def _episodes() -> Iterator[Entry]:
    yield from _entries(
        EPISODES,
        ("track_id", NO_UNIT, "number of the person"),
        ("person", NO_UNIT, "the person's name"),
        ("kind", NO_UNIT, "blink, wink, closed eyes, nod, shake or tilt; left and right are the person's own"),
        ("start_s", TIME, "start"),
        ("end_s", TIME, "end"),
        ("seconds", TIME, "length"),
        ("cycles", COUNT, "cycles of a nod or shake, there and back; 0.5 for a tilt"),
        ("amplitude_deg", ANGLE, "mean angle between turning points, or the largest angle of a tilt"),
        ("frequency_hz", "Hz", "cycles per second of a nod or shake"),
    )


def _movement_rows() -> Iterator[Entry]:
    yield from _entries(
        MOVEMENT_ROWS,
        ("frame_index", COUNT, "position of the frame in the video, from 0"),
        ("time_s", TIME, "presentation time from the start of the file"),
        ("track_id", NO_UNIT, "number of the person"),
        ("person", NO_UNIT, "the person's name"),
        ("rest", NO_UNIT, "what the movements are relative to: baseline, neutral frames, or unknown"),
    )
    for movement in MOVEMENTS:
        for column in movement.columns:
            yield Entry(MOVEMENT_ROWS, column, UNIT, _meaning(movement, column), movement.resembles)


def _meaning(movement: Movement, column: str) -> str:
    how = "increase" if movement.sign > 0 else "decrease"
    what = f"{movement.title}: {how} of {', '.join(movement.measures)} from the person's rest, at least 0"
    part = column.removeprefix(movement.name).removeprefix("_")
    if part == ASYMMETRY:
        return f"{movement.title}: left minus right"
    return f"{what}; the person's {part}" if part else what
