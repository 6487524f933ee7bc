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
        time_s: ``(n,)`` float64, seconds before the snapshot, −30–0, ascending. Neighbours more than half a second
            apart have a gap between them (out of view, on hold) that lines must not cross.
        values: ``(n, k)`` float32 smoothed probabilities, columns as in :attr:`Snapshot.labels`.
        required: ``(n,)`` float32, smoothed probability that a clear answer needs; None if it always is the snapshot's
            limit.
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
        gaze_deg: Angle between the gaze and the direction to the camera, degrees; NaN if unknown.
        towards_camera: Whether that is within 15°; None if unknown.
        blinks: Blinks counted since the person came into view; None before they can be counted.
        movements: Movement → value from the person's rest, shares of the eye distance; empty if unknown.
        rest: Source of the face at rest: ``"baseline"``, ``"neutral"`` frames or ``"unknown"``; empty while movements
            are not measured.
        counts_blinks: Whether blinks are being counted, which needs 15 frames per second.
    """

    open_left: float
    open_right: float
    gaze_deg: float
    towards_camera: bool | None
    blinks: int | None
    movements: Mapping[str, float]
    rest: str
    counts_blinks: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class PersonNow:
    """One person, now or up to 30 seconds ago.

    Attributes:
        track_id: The number drawn beside the face.
        in_view: Whether the person is seen now.
        leading: The most probable expression, or :data:`emotion.labels.UNCLEAR`.
        colour: ``#rrggbb`` of :attr:`leading`.
        probabilities: Label → smoothed probability, 0–1, in label order; they sum to 1.
        baseline: Label → the person's mean probability in their baseline; None without one.
        relative: Label → probability minus the baseline, −1–1; None without a baseline.
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
        in_fps: Pictures per second that arrived, including skipped ones.
        analysed_fps: Pictures per second that were analysed.
        out_fps: Pictures per second that were returned.
        median_ms: Time in the server per analysed picture, median, in ms; NaN before the first.
        p95_ms: Its 95th percentile.
        dropped: Number of pictures skipped for a newer one since the session began.
        quality: Quality level, 0 for full quality.
        quality_words: Description of that level, for people.
        eyes_ms: Time for measuring eyes per frame with a face, in ms; NaN while they are not measured.
        movements_ms: Time for measuring movements, likewise.
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
    """A baseline that is being taken, or the last one if it failed.

    Attributes:
        share: Share of its time that is over, 0–1.
        remaining_s: Remaining time, in seconds.
        problem: Why it failed, in one sentence for people; empty if it did not.
    """

    share: float
    remaining_s: float
    problem: str = ""


@dataclass(frozen=True, slots=True)
class GazeCalibrationNow:
    """A running gaze calibration, or the last one.

    Attributes:
        running: Whether dots are being shown.
        track_id: The calibrated person.
        error_deg: Mean angle between calibrated gaze and dots that the map was not fitted to, degrees.
        error_before_deg: The same without calibration.
        dots: Number of dots at which the gaze was known.
        kind: ``"affine"``, ``"offset"`` or ``"none"``, if no map came nearer.
        problem: Why it failed, in one sentence for people; empty if it did not.
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
    """A running recording, or the last one.

    Attributes:
        entry_id: ID of the analysis in the library.
        seconds: Time of its last frame: the length that the library and *Video* will show, with time on hold.
        running: Whether it is running.
        with_clip: Whether the pictures are recorded as well.
        problem: Why it ended or lost frames, in one sentence for people; empty if it did not.
        clip_id: ID of the clip's own analysis in the library; None until it is added, and without a clip.
        marks: Number of moments that were marked.
    """

    entry_id: str
    seconds: float
    running: bool
    with_clip: bool
    problem: str = ""
    clip_id: str | None = None
    marks: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """The state of a session at one moment.

    Attributes:
        time_s: Seconds of the stream so far.
        labels: Labels of the probabilities, in order.
        abstain_below: Probability below which an answer is unclear, 0–1.
        size: Width and height of the latest picture, px; None before the first.
        people: Everybody seen in the last 30 seconds, by track id.
        load: Frame rates and processing times.
        held: Whether the session is on hold.
        baseline: The baseline being taken, or the last one if it failed; None if there is neither.
        recording: The running or the last recording; None if there was none.
        closed: Whether the session is closed.
        gaze_calibration: The running or the last gaze calibration; None if there is none.
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

    @property
    def records(self) -> bool:
        """Whether a recording is running."""
        return self.recording is not None and self.recording.running
