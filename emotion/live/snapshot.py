"""Immutable state of a live session at one moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emotion.types import FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """A person's last 30 seconds, at most ten values a second.

    Attributes:
        time_s: ``(n,)`` float64, seconds before the snapshot, −30–0, ascending. Where two neighbours are more than
            half a second apart nothing is known in between (out of view, on hold), so no line joins them.
        values: ``(n, k)`` float32 smoothed probabilities, columns as in :attr:`Snapshot.labels`.
        required: ``(n,)`` float32, the probability that a clear answer needed then, smoothed alike; None where it
            is the snapshot's limit all along.
    """

    time_s: NDArray[np.float64]
    values: FloatArray
    required: FloatArray | None = None


@dataclass(frozen=True, slots=True, eq=False)
class FaceNow:
    """A person's eyes, gaze and movements in the last frame that showed them; left and right are their own.

    Attributes:
        open_left: Openness of the left eye as a share of the person's own open eye; NaN if unknown.
        open_right: The same of the right eye.
        gaze_deg: Angle between the look and the direction to the camera, degrees; NaN if unknown.
        towards_camera: Whether that is within 15°; None if unknown.
        blinks: Blinks since the person came into view; None while they cannot be counted (too few frames a second).
        movements: Movement → value from the person's rest, shares of the eye distance; empty if unknown.
        rest: Where the rest comes from: ``"baseline"``, ``"neutral"`` frames, or ``"unknown"``; empty while movements
            are not measured.
    """

    open_left: float
    open_right: float
    gaze_deg: float
    towards_camera: bool | None
    blinks: int | None
    movements: Mapping[str, float]
    rest: str


@dataclass(frozen=True, slots=True, eq=False)
class PersonNow:
    """One person, now or up to 30 seconds ago.

    Attributes:
        track_id: The number drawn beside the face.
        in_view: Whether the person is seen now.
        leading: The most probable expression, or :data:`emotion.labels.UNCLEAR`.
        colour: ``#rrggbb`` of :attr:`leading`.
        probabilities: Label → smoothed probability, 0–1, in label order; they sum to 1.
        baseline: Label → the person's mean probability while the neutral baseline was taken; None without one.
        relative: Label → probability less the baseline, −1–1; None without a baseline.
        series: The last 30 seconds.
        face: Eyes, gaze and movements; None if they are not measured.
    """

    track_id: int
    in_view: bool
    leading: str
    colour: str
    probabilities: Mapping[str, float]
    baseline: Mapping[str, float] | None
    relative: Mapping[str, float] | None
    series: Series
    face: FaceNow | None = None


@dataclass(frozen=True, slots=True)
class Load:
    """Frame rates and processing times over the last five seconds.

    Attributes:
        in_fps: Pictures per second that arrived, those skipped included.
        analysed_fps: Pictures per second in which faces were looked for.
        out_fps: Pictures per second that were returned.
        median_ms: Time in the server per picture, median, in ms; NaN before the first.
        p95_ms: Its 95th percentile.
        dropped: Pictures that were left out for a newer one, since the session began.
        quality: Quality level, 0 for full quality.
        quality_words: Description of that level, for people.
        eyes_ms: Time that the eyes take per frame with a face, in ms; NaN while they are not measured.
        movements_ms: The same of the movements.
    """

    in_fps: float
    analysed_fps: float
    out_fps: float
    median_ms: float
    p95_ms: float
    dropped: int
    quality: int
    quality_words: str
    eyes_ms: float = float("nan")
    movements_ms: float = float("nan")


@dataclass(frozen=True, slots=True)
class BaselineNow:
    """A neutral baseline that is being taken.

    Attributes:
        share: How much of its time is over, 0–1.
        remaining_s: How long it still takes, in seconds.
    """

    share: float
    remaining_s: float


@dataclass(frozen=True, slots=True)
class GazeCalibrationNow:
    """A calibration of the gaze that is being taken, or the last one.

    Attributes:
        running: Whether dots are being shown.
        track_id: The person that it is for.
        error_deg: Mean angle between calibrated gaze and dots that the map was not fitted to, degrees.
        error_before_deg: The same without calibration.
        dots: Number of dots at which the gaze was known.
        kind: ``"affine"``, ``"offset"`` or ``"none"``, if no map came nearer.
        problem: Why there is none, in one sentence for people; empty if all is well.
    """

    running: bool
    track_id: int = 0
    error_deg: float = float("nan")
    error_before_deg: float = float("nan")
    dots: int = 0
    kind: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class RecordingNow:
    """A recording that runs, or the last one that ended.

    Attributes:
        entry_id: Of the analysis in the library.
        seconds: How long it is; time on hold does not count.
        running: Whether it goes on.
        with_clip: Whether the pictures are recorded as well.
        problem: Why it ended or lost something, in one sentence for people; empty if all is well.
        clip_id: Of the analysis of the clip in the library, once it was handed over; None before, and without a clip.
    """

    entry_id: str
    seconds: float
    running: bool
    with_clip: bool
    problem: str = ""
    clip_id: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """A session at one moment.

    Attributes:
        time_s: Seconds of the stream so far.
        labels: Of the probabilities, in order.
        abstain_below: Below which top probability an answer is unclear, 0–1.
        size: Width and height of the latest picture, px; None before the first.
        people: By track id. Who was not seen for 30 seconds is gone.
        load: What the server does with the pictures.
        held: Whether the values stand still.
        baseline: The baseline that is being taken; None if none is.
        recording: The recording that runs or ended last; None if there was none.
        closed: Whether the session is over.
        gaze_calibration: The calibration of the gaze that is being taken, or the last one; None if there is none.
    """

    time_s: float
    labels: tuple[str, ...]
    abstain_below: float
    size: tuple[int, int] | None
    people: tuple[PersonNow, ...]
    load: Load
    held: bool
    baseline: BaselineNow | None
    recording: RecordingNow | None
    closed: bool
    gaze_calibration: GazeCalibrationNow | None = None
