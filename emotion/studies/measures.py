"""The measures of a study: columns of timelines and what is derived from them, with words and units for people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from emotion.analytics.derived import INTENSITY, VALENCE, can_derive
from emotion.labels import EMOTIONS, display_order

VALENCE_NAME, INTENSITY_NAME = "valence", "intensity"
DERIVED = (VALENCE_NAME, INTENSITY_NAME)

NOT_MEASURES = frozenset(
    {"frame_index", "time_s", "track_id", "x1", "y1", "x2", "y2", "face_confidence", "emotion", "emotion_confidence"}
    | {"eye_openness"}  # of version 1, measured in the mesh
)
"""Columns of timelines that say where and when, and those that follow from other columns."""


@dataclass(frozen=True, slots=True)
class Measure:
    """A measure of faces, described for tables and codebooks.

    Attributes:
        name: Its column in tables.
        title: Its name in texts and charts.
        unit: Its unit or range.
        meaning: One sentence.
    """

    name: str
    title: str
    unit: str
    meaning: str


_KNOWN = {
    each.name: each
    for each in (
        *(
            Measure(label, label.capitalize(), "0–1", f"Mean probability that the face shows {label}.")
            for label in EMOTIONS
        ),
        Measure(VALENCE_NAME, "Valence", "−1–1", VALENCE),
        Measure(INTENSITY_NAME, "Intensity", "0–1", INTENSITY),
        Measure("yaw", "Head yaw", "degrees", "Head turned to the picture's right."),
        Measure("pitch", "Head pitch", "degrees", "Head looking up."),
        Measure("roll", "Head roll", "degrees", "Head tilted clockwise."),
        Measure("eye_openness_left", "Left eye open", "share of its width", "Distance between the person's left lids."),
        Measure(
            "eye_openness_right", "Right eye open", "share of its width", "Distance between the person's right lids."
        ),
        Measure("gaze_yaw", "Gaze yaw", "degrees", "Eyes looking to the picture's right of the camera."),
        Measure("gaze_pitch", "Gaze pitch", "degrees", "Eyes looking above the camera."),
        Measure("mouth_openness", "Mouth open", "share of its width", "Height of the opening between the lips."),
        Measure("similarity", "Similarity", "−1–1", "SSIM with the person's reference face."),
    )
}


def measure(name: str) -> Measure:
    """Return the description of a measure; if it is not known here, it is derived from the column's name."""
    title = name.replace("_", " ").capitalize()
    return _KNOWN.get(name) or Measure(name, title, "", f"Mean of the timeline's column {name}.")


def name_of(column: str) -> str:
    """Return the measure of a timeline's column."""
    return column.removeprefix("p_")


def measures_of(columns: Iterable[str]) -> tuple[str, ...]:
    """Return the measures of a timeline with some columns, in the order of tables."""
    known = [column for column in columns if column not in NOT_MEASURES]
    labels = tuple(name_of(column) for column in known if column.startswith("p_"))
    return in_order([*map(name_of, known), *(DERIVED if can_derive(labels) else ())])


def default_measure(names: Sequence[str]) -> str:
    """Return the measure to show first: happiness, or else the first one."""
    return "happiness" if "happiness" in names else names[0]


def in_order(names: Iterable[str]) -> tuple[str, ...]:
    """Return measures in the order of tables: expressions, what is derived from them, and the others as they came."""
    names = list(dict.fromkeys(names))
    expressions = display_order(name for name in names if name in EMOTIONS)
    derived = tuple(name for name in DERIVED if name in names)
    return (*expressions, *derived, *(name for name in names if name not in EMOTIONS and name not in DERIVED))
