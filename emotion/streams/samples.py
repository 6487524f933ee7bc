"""The samples to send: one per analysed frame, with each person's values in a fixed order of channels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from emotion.analytics.timeline import MEASURES
from emotion.types import Face, FloatArray, FrameResult

FREE_AFTER_S = 2.0
"""A person who was not seen for this long may lose their slot to another, seconds."""


@dataclass(frozen=True, slots=True)
class Channel:
    """One value.

    Attributes:
        name: As in the timeline; ``frame_index`` counts analysed frames.
        unit: Such as ``degrees``; ``probability`` for 0–1.
        kind: What it is about: ``expression``, ``head``, ``eyes``, ``mouth``, ``movement`` or ``face``.
    """

    name: str
    unit: str
    kind: str


_SHAPE = (
    Channel("yaw", "degrees", "head"),
    Channel("pitch", "degrees", "head"),
    Channel("roll", "degrees", "head"),
    Channel("eye_openness_left", "ratio", "eyes"),
    Channel("eye_openness_right", "ratio", "eyes"),
    Channel("gaze_yaw", "degrees", "eyes"),
    Channel("gaze_pitch", "degrees", "eyes"),
    Channel("mouth_openness", "ratio", "mouth"),
)
_MEASURES = tuple(Channel(name, "eye distances", "movement") for name in MEASURES)
_FACE = (
    Channel("x1", "pixels", "face"),
    Channel("y1", "pixels", "face"),
    Channel("x2", "pixels", "face"),
    Channel("y2", "pixels", "face"),
    Channel("face_confidence", "probability", "face"),
    Channel("track_id", "none", "face"),
    Channel("frame_index", "none", "face"),
)


def channels_of(labels: Sequence[str]) -> tuple[Channel, ...]:
    """Return the channels of a model's values, in the order of :attr:`Person.values`."""
    return (*(Channel(f"p_{label}", "probability", "expression") for label in labels), *_SHAPE, *_MEASURES, *_FACE)


@dataclass(frozen=True, slots=True, eq=False)
class Person:
    """The values of one person.

    Attributes:
        slot: Number of the stream, from 1.
        track_id: Number of the person in the timeline.
        values: ``(channels,)`` float32; NaN where a value is unknown.
    """

    slot: int
    track_id: int
    values: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """One analysed frame.

    Attributes:
        frame_index: Number of the frame among those analysed, from 0.
        time_s: Its time in the stream, as in the timeline, seconds.
        clock_s: The same moment on this machine's monotonic clock (``time.perf_counter``), seconds.
        faces: Number of faces, also those without a slot.
        people: The people by slot; None for an empty slot.
    """

    frame_index: int
    time_s: float
    clock_s: float
    faces: int
    people: tuple[Person | None, ...]


class Slots:
    """Gives people the lowest free slot, and keeps it while they are in view.

    Args:
        count: Number of slots; further people have none.
    """

    def __init__(self, count: int) -> None:
        self._tracks: list[int | None] = [None] * count
        self._seen_s = [float("-inf")] * count

    def people_of(self, result: FrameResult) -> tuple[Person | None, ...]:
        """Return the values of the people in a frame, by slot."""
        people: list[Person | None] = [None] * len(self._tracks)
        for number, face in enumerate(result.faces, start=1):
            track = number if face.track_id is None else face.track_id
            slot = self._slot_of(track, result.time_s)
            if slot is not None:
                people[slot] = Person(slot + 1, track, values_of(face, track, result.frame_index))
        return tuple(people)

    def _slot_of(self, track: int, time_s: float) -> int | None:
        if track in self._tracks:
            slot = self._tracks.index(track)
        else:
            free = (slot for slot, seen_s in enumerate(self._seen_s) if time_s - seen_s > FREE_AFTER_S)
            if (found := next(free, None)) is None:
                return None
            slot = found
        self._tracks[slot], self._seen_s[slot] = track, time_s
        return slot


def values_of(face: Face, track: int, frame_index: int) -> FloatArray:
    """Return the values of a classified face, ``(channels,)`` float32."""
    if face.probabilities is None:
        raise ValueError("expected a classified face; got one without probabilities")
    pose = (np.nan, np.nan, np.nan) if face.pose is None else (face.pose.yaw, face.pose.pitch, face.pose.roll)
    shape = [getattr(face, channel.name) for channel in _SHAPE[3:]]
    measures = np.full(len(MEASURES), np.nan) if face.measures is None else face.measures
    about = [*face.box_xyxy, face.confidence, track, frame_index]
    return np.array([*face.probabilities, *pose, *shape, *measures, *about], np.float32)
