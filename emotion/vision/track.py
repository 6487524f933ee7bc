"""Tracks faces; a track survives a blink, a turned head and a short occlusion, and ends at a cut."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from emotion.stream_state import StreamState
from emotion.types import Face, FloatArray

MEMORY_S = 2.0
"""How long a person may be out of sight without losing their track ID, s."""
MAX_SHIFT = 0.6
"""Largest distance between the centres of a person's consecutive boxes, in box sides."""
SHIFT_PER_S = 1.5
"""Added to it for each second out of sight."""
MAX_GROWTH = 1.8
"""Largest ratio of the sides of a person's consecutive boxes."""
_AVERAGED_S = 0.3
"""Averaging time of a velocity, s: boxes jitter, and faces that disappear behind an edge seem to slow down."""


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """Where a person was last: box, time, and velocity in px/s to the right and down."""

    box: FloatArray
    time_s: float
    velocity: FloatArray


class Tracker:
    """Matches faces with recently seen people, nearest first.

    A person may be where they were last, or where their velocity would have taken them.
    """

    def __init__(self) -> None:
        self._seen: dict[int, _Seen] = {}
        self._next_id = 1

    def update(self, faces: Sequence[Face], time_s: float) -> list[Face]:
        """Return the faces with their ``track_id``, in the same order.

        Args:
            faces: The faces of one frame; one that already has a ``track_id`` keeps it.
            time_s: The frame's time; not earlier than in the call before.
        """
        self._forget(time_s)
        known = {face.track_id for face in faces if face.track_id is not None}
        untracked = [index for index, face in enumerate(faces) if face.track_id is None]
        matches = self._match([faces[index] for index in untracked], known, time_s)
        named = list(faces)
        for index, track_id in zip(untracked, matches, strict=True):
            named[index] = replace(faces[index], track_id=track_id if track_id is not None else self._new_id())
        for face in named:
            assert face.track_id is not None
            self._seen[face.track_id] = _seen(face.box_xyxy, time_s, self._seen.get(face.track_id))
        return named

    def end_all(self) -> None:
        """End all tracks, as at a cut."""
        self._seen.clear()

    def state(self) -> StreamState:
        """Return the state as arrays."""
        return {
            "next_id": np.array(self._next_id),
            "ids": np.array(list(self._seen), np.int64),
            "boxes": np.array([seen.box for seen in self._seen.values()], np.float32).reshape(-1, 4),
            "velocities": np.array([seen.velocity for seen in self._seen.values()], np.float32).reshape(-1, 2),
            "times_s": np.array([seen.time_s for seen in self._seen.values()], np.float64),
        }

    def restore(self, state: StreamState) -> None:
        """Continue from :meth:`state`'s arrays."""
        self._next_id = int(state["next_id"])
        velocities = state.get(
            "velocities", np.zeros((len(state["ids"]), 2), np.float32)
        )  # earlier checkpoints have none
        rows = zip(state["ids"], state["boxes"], state["times_s"], velocities, strict=True)
        self._seen = {int(key): _Seen(box, float(time_s), velocity) for key, box, time_s, velocity in rows}

    def _forget(self, time_s: float) -> None:
        self._seen = {key: seen for key, seen in self._seen.items() if time_s - seen.time_s <= MEMORY_S}

    def _match(self, faces: list[Face], taken: set[int], time_s: float) -> list[int | None]:
        """Pair greedily, nearest first; a Hungarian assignment would import SciPy for a handful of faces."""
        pairs = sorted(
            (distance, row, key)
            for row, face in enumerate(faces)
            for key, seen in self._seen.items()
            if key not in taken and (distance := _distance(face.box_xyxy, seen, time_s)) is not None
        )
        result: list[int | None] = [None] * len(faces)
        for _, row, key in pairs:
            if result[row] is None and key not in result:
                result[row] = key
        return result

    def _new_id(self) -> int:
        self._next_id += 1
        return self._next_id - 1


def _seen(box: FloatArray, time_s: float, before: _Seen | None) -> _Seen:
    if before is None or not 0 < time_s - before.time_s < _AVERAGED_S:
        return _Seen(box, time_s, np.zeros(2, np.float32))
    elapsed_s = time_s - before.time_s
    velocity = (_centre(box) - _centre(before.box)) / elapsed_s
    share = elapsed_s / _AVERAGED_S
    averaged = before.velocity + (velocity - before.velocity) * share
    return _Seen(box, time_s, np.asarray(averaged, np.float32))


def _centre(box: FloatArray) -> FloatArray:
    return np.asarray((box[:2] + box[2:]) / 2, np.float32)


def _distance(box: FloatArray, seen: _Seen, time_s: float) -> float | None:
    """Return the distance of a face from where a person was or would be, in box sides; None if it cannot be them."""
    sides = [float(np.sqrt(np.prod(np.maximum(b[2:] - b[:2], 1e-3)))) for b in (box, seen.box)]
    away_s = time_s - seen.time_s
    way = _centre(box) - _centre(seen.box)
    went = seen.velocity * away_s
    # People who walk rarely stop while out of sight, so their last place counts as farther away.
    shift = float(min(np.linalg.norm(way - went), np.linalg.norm(way) + np.linalg.norm(went) / 2)) / max(sides)
    allowed = MAX_SHIFT + SHIFT_PER_S * away_s
    return shift if shift <= allowed and max(sides) / min(sides) <= MAX_GROWTH else None
