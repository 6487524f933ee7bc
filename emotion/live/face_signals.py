"""Current eyes, gaze and movements of each person, and their blinks so far, in bounded memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

import numpy as np
import pandas as pd

from emotion.analytics.behaviour.blinks import BLINK, COUNTABLE_RATE, DOWN, OPEN_QUANTILE, can_count, lid_events
from emotion.analytics.behaviour.descriptions import NOTABLE
from emotion.analytics.behaviour.gaze import TOWARDS_DEG, gaze_angle
from emotion.analytics.behaviour.movements import BASELINE, MIN_NEUTRAL_ROWS, NEUTRAL, UNKNOWN, movements_of
from emotion.analytics.behaviour.rate import local_rates
from emotion.live.history import SPAN_S
from emotion.live.snapshot import FaceNow
from emotion.types import Face, FloatArray, FrameResult
from emotion.vision.movement_codebook import MOVEMENTS

WINDOW_S = 60.0
"""Period from which a person's open eye and face at rest are estimated, seconds."""
COUNT_INTERVAL_S = 2.0
"""Interval at which blinks are counted and the face at rest is updated, seconds."""
MAX_ROWS = 60 * int(WINDOW_S)
_MAX_NEUTRAL = 300


class FaceSignals:
    """Eyes, gaze and movements of all people.

    Args:
        labels: Labels of the probabilities, in order.
    """

    def __init__(self, labels: tuple[str, ...]) -> None:
        self._neutral = labels.index("neutral") if "neutral" in labels else None
        self._people: dict[int, _Person] = {}

    def add(self, result: FrameResult) -> None:
        """Add an analysed frame; times must not decrease."""
        for face in result.faces:
            assert face.track_id is not None
            assert face.probabilities is not None
            neutral = self._neutral is not None and int(face.probabilities.argmax()) == self._neutral
            self._people.setdefault(face.track_id, _Person()).add(face, result.time_s, neutral=neutral)
        gone = [track for track, person in self._people.items() if result.time_s - person.last_s > SPAN_S]
        for track in gone:
            del self._people[track]

    def take_rest(self, since_s: float) -> None:
        """Use the face of everybody seen since then as their resting face; see :meth:`LiveSession.take_baseline`."""
        for person in self._people.values():
            person.take_rest(since_s)

    def clear_rest(self) -> None:
        """Estimate the face at rest from neutral frames again."""
        for person in self._people.values():
            person.baseline = None

    def now(self, track: int) -> FaceNow | None:
        """Return a person's values in the last frame that showed them; None if nothing was measured."""
        person = self._people.get(track)
        return None if person is None else person.now()

    def notes(self, track: int) -> tuple[str, ...]:
        """Return short notes on a person's last frame to draw on the picture: eyes, gaze, strongest movement."""
        now = self.now(track)
        return () if now is None else notes_of(now)


def notes_of(now: FaceNow) -> tuple[str, ...]:
    """Return short notes on what is notable about a face, without numbers."""
    notes = []
    down = [side for side, value in (("left", now.open_left), ("right", now.open_right)) if value < DOWN]
    if down:
        notes.append("eyes shut" if len(down) == 2 else f"{down[0]} eye shut")
    if now.towards_camera is not None:
        notes.append("to camera" if now.towards_camera else "looks away")
    moved = [movement for movement in MOVEMENTS if now.movements.get(movement.name, 0.0) >= NOTABLE]
    notes += [max(moved, key=lambda movement: now.movements[movement.name]).title.lower()] if moved else []
    return tuple(notes)


class _Person:
    """One person's last minute."""

    def __init__(self) -> None:
        self.last_s = float("-inf")
        self.baseline: FloatArray | None = None
        self._face: Face | None = None
        self._eyes: deque[tuple[float, float, float]] = deque(maxlen=MAX_ROWS)
        self._measures: deque[tuple[float, FloatArray]] = deque(maxlen=MAX_ROWS)
        self._neutral: deque[FloatArray] = deque(maxlen=_MAX_NEUTRAL)
        self._blinks: int | None = None
        self._counts_blinks = False
        self._counted_s = self._counted_until_s = float("-inf")
        self._neutral_rest: FloatArray | None = None
        self._open: FloatArray = np.full(2, np.nan, np.float32)

    def add(self, face: Face, time_s: float, *, neutral: bool) -> None:
        self._face, self.last_s = face, time_s
        self._eyes.append((time_s, face.eye_openness_left, face.eye_openness_right))
        while time_s - self._eyes[0][0] > WINDOW_S:
            self._eyes.popleft()
        if face.measures is not None and np.isfinite(face.measures).all():
            self._measures.append((time_s, face.measures))
            if neutral:
                self._neutral.append(face.measures)
        while self._measures and time_s - self._measures[0][0] > WINDOW_S:
            self._measures.popleft()
        if time_s - self._counted_s >= COUNT_INTERVAL_S:
            self._counted_s = time_s
            self._count()
            if len(self._neutral) >= MIN_NEUTRAL_ROWS:
                self._neutral_rest = np.median(self._neutral, axis=0).astype(np.float32)

    def _count(self) -> None:
        rows = pd.DataFrame(self._eyes, columns=["time_s", "eye_openness_left", "eye_openness_right"])
        rows = rows.assign(track_id=0)
        openness = rows[["eye_openness_left", "eye_openness_right"]].to_numpy()
        if np.isfinite(openness).any(axis=0).all():
            self._open = np.nanquantile(openness, OPEN_QUANTILE, axis=0).astype(np.float32)
        lately = rows["time_s"] > self.last_s - COUNT_INTERVAL_S
        self._counts_blinks = bool(np.median(local_rates(rows.loc[lately, "time_s"])) >= COUNTABLE_RATE)
        if not can_count(rows):
            return
        events = lid_events(rows)
        # As the window moves, the estimate of the open eye changes, and a counted blink may seem to end later.
        new = events[(events["kind"] == BLINK) & (events["start_s"] > self._counted_until_s)]
        self._blinks = (self._blinks or 0) + len(new)
        self._counted_until_s = max(self._counted_until_s, float(new["end_s"].max()) if len(new) else float("-inf"))

    def take_rest(self, since_s: float) -> None:
        taken = [measures for time_s, measures in self._measures if time_s >= since_s]
        self.baseline = np.median(taken, axis=0).astype(np.float32) if taken else None

    def now(self) -> FaceNow | None:
        face = self._face
        assert face is not None
        openness = np.array([face.eye_openness_left, face.eye_openness_right], np.float32)
        angle = float(gaze_angle(np.array([face.gaze_yaw]), np.array([face.gaze_pitch]))[0])
        rest, source = self._rest()
        moved: Mapping[str, float] = {}
        if rest is not None and face.measures is not None:
            moved = movements_of(face.measures, rest)
        if not np.isfinite(openness).any() and face.measures is None and self._blinks is None:
            return None
        left, right = (float(value) for value in openness / np.maximum(self._open, 1e-6))
        return FaceNow(
            open_left=left,
            open_right=right,
            gaze_deg=angle,
            towards_camera=bool(angle <= TOWARDS_DEG) if np.isfinite(angle) else None,
            blinks=self._blinks,
            counts_blinks=self._counts_blinks,
            movements=moved,
            rest="" if face.measures is None else source,
        )

    def _rest(self) -> tuple[FloatArray | None, str]:
        if self.baseline is not None:
            return self.baseline, BASELINE
        return (None, UNKNOWN) if self._neutral_rest is None else (self._neutral_rest, NEUTRAL)
