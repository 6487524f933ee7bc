"""Positions of faces at any time of a video, also between analysed frames."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emotion.analytics.apply import with_duration
from emotion.analytics.durations import counted_durations
from emotion.analytics.edits import Span
from emotion.analytics.timeline import BOX, probability_columns
from emotion.types import Analysis, Face, FloatArray

SAME_FRAME_S = 2e-3
"""Times closer than this are the same frame, as containers round to a millisecond."""

HOLD_S = 0.5
"""Time before a face's first and after its last detection in which it is covered, as it is detected with a delay."""

BRIDGE_S = 2.0
"""Longest gap between detections of a person that is covered, as nobody leaves and returns so quickly."""


class ShownFaces:
    """The faces to draw, interpolated between analysed frames.

    Args:
        analysis: With edits applied; nothing is shown in excluded spans.
    """

    def __init__(self, analysis: Analysis) -> None:
        timeline, frames = analysis.timeline, analysis.frames
        self._times = frames["time_s"].to_numpy(np.float64)
        self._ends = self._times + counted_durations(frames)
        self._first = np.searchsorted(timeline["frame_index"], frames["frame_index"], "left")
        self._last = np.searchsorted(timeline["frame_index"], frames["frame_index"], "right")
        self._boxes = timeline[BOX].to_numpy(np.float32)
        self._tracks = timeline["track_id"].to_numpy()
        self._confidence = timeline["face_confidence"].to_numpy(np.float64)
        self._probabilities = timeline[probability_columns(analysis.labels)].to_numpy(np.float32)

    def at(self, time_s: float) -> tuple[Face, ...]:
        """Return the faces at a time; none outside the analysed time."""
        frame = int(np.searchsorted(self._times, time_s + SAME_FRAME_S, "right")) - 1
        if frame < 0 or time_s > max(self._ends[frame], self._times[frame] + SAME_FRAME_S) - 1e-9:
            return ()
        rows = range(self._first[frame], self._last[frame])
        following = self._next_rows(frame)
        if time_s - self._times[frame] <= SAME_FRAME_S or not following:
            return tuple(self._face(row, self._boxes[row]) for row in rows)
        share = (time_s - self._times[frame]) / (self._times[frame + 1] - self._times[frame])
        return tuple(self._face(row, self._moved(row, following, share)) for row in rows)

    def _next_rows(self, frame: int) -> dict[int, int]:
        """Return track → row of the next analysed frame."""
        if frame + 1 >= len(self._times):
            return {}
        return {int(self._tracks[row]): row for row in range(self._first[frame + 1], self._last[frame + 1])}

    def _moved(self, row: int, following: dict[int, int], share: float) -> FloatArray:
        target = following.get(int(self._tracks[row]))
        if target is None:
            return self._boxes[row]
        return np.asarray((1 - share) * self._boxes[row] + share * self._boxes[target], np.float32)

    def _face(self, row: int, box: FloatArray) -> Face:
        return Face(
            box_xyxy=box,
            confidence=float(self._confidence[row]),
            track_id=int(self._tracks[row]),
            probabilities=self._probabilities[row],
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Detections:
    """Times and boxes of one person."""

    times: NDArray[np.float64]
    boxes: FloatArray


class CoveredFaces:
    """The boxes to blur, which are too large rather than too small.

    Between two detections of a person, the box spans both. Before the first, after the last and around a longer gap,
    the nearest one is held for a while.

    Args:
        analysis: Without edits, as hidden people and excluded spans must be covered too.
    """

    def __init__(self, analysis: Analysis) -> None:
        step_s = float(counted_durations(with_duration(analysis).frames).max(initial=0.0))
        self._hold_s, self._bridge_s = max(HOLD_S, 1.5 * step_s), max(BRIDGE_S, 3 * step_s)
        self._span = _analysed_span(analysis, step_s)
        self._people = [
            _Detections(rows["time_s"].to_numpy(np.float64), rows[BOX].to_numpy(np.float32))
            for _, rows in analysis.timeline.groupby("track_id")
        ]
        self._from = np.array([person.times[0] for person in self._people]) - self._hold_s
        self._until = np.array([person.times[-1] for person in self._people]) + self._hold_s

    def was_analysed(self, time_s: float) -> bool:
        """Return whether a time was analysed; at other times, a face may be anywhere."""
        return self._span is not None and self._span.start_s <= time_s + SAME_FRAME_S < self._span.end_s

    def at(self, time_s: float) -> FloatArray:
        """Return the ``(n, 4)`` boxes at a time, in px."""
        near = np.flatnonzero((self._from <= time_s) & (time_s <= self._until))
        boxes = [box for person in near for box in self._boxes_of(self._people[person], time_s)]
        return np.array(boxes, np.float32).reshape(-1, 4)

    def _boxes_of(self, person: _Detections, time_s: float) -> list[FloatArray]:
        after = int(np.searchsorted(person.times, time_s - SAME_FRAME_S, "left"))
        before = int(np.searchsorted(person.times, time_s + SAME_FRAME_S, "right")) - 1
        between = before >= 0 and after < len(person.times)
        if between and person.times[after] - person.times[before] <= self._bridge_s:
            low = np.minimum(person.boxes[before, :2], person.boxes[after, :2])
            high = np.maximum(person.boxes[before, 2:], person.boxes[after, 2:])
            return [np.concatenate([low, high])]
        held = []
        if before >= 0 and time_s - person.times[before] <= self._hold_s:
            held.append(person.boxes[before])
        if after < len(person.times) and person.times[after] - time_s <= self._hold_s:
            held.append(person.boxes[after])
        return held


def _analysed_span(analysis: Analysis, step_s: float) -> Span | None:
    """Return the span from the first analysed frame until the last one, or the analysed part, ends."""
    times, part_end_s = analysis.frames["time_s"].to_numpy(np.float64), analysis.settings.get("end_s")
    if not len(times):
        return None
    end_s = float(times[-1]) + step_s
    return Span(float(times[0]), end_s if part_end_s is None else min(end_s, part_end_s))
